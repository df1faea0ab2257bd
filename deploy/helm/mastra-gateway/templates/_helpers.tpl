{{- define "mastra-gateway.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{/* 52 characters leave room for "-headless", and for the hash that a StatefulSet puts into a label. */}}
{{- define "mastra-gateway.fullname" -}}
{{- $name := include "mastra-gateway.name" . }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 52 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 52 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Never changes for a release: a workload's selector cannot. */}}
{{- define "mastra-gateway.selectorLabels" -}}
app.kubernetes.io/name: {{ include "mastra-gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: gateway
{{- end }}

{{- define "mastra-gateway.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "mastra-gateway.labels" -}}
{{ include "mastra-gateway.selectorLabels" . }}
{{ include "mastra-gateway.commonLabels" . }}
{{- end }}

{{/* The pod of `helm test`: no gateway, so that no service sends spans to it. */}}
{{- define "mastra-gateway.testLabels" -}}
app.kubernetes.io/name: {{ include "mastra-gateway.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: test
{{- end }}

{{- define "mastra-gateway.metadata" -}}
name: {{ include "mastra-gateway.fullname" . }}
namespace: {{ .Release.Namespace }}
labels:
  {{- include "mastra-gateway.labels" . | nindent 2 }}
{{- end }}

{{- define "mastra-gateway.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "mastra-gateway.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "mastra-gateway.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* The secret with the token; empty where there is none. */}}
{{- define "mastra-gateway.tokenSecret" -}}
{{- if .Values.accessToken.existingSecret }}
{{- .Values.accessToken.existingSecret }}
{{- else if .Values.accessToken.value }}
{{- include "mastra-gateway.fullname" . }}-token
{{- end }}
{{- end }}

{{/* Helm reads numbers as floating point and would write ten million as 1e+07, which is no whole number. */}}
{{- define "mastra-gateway.setting" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . | quote }}
{{- else if kindIs "slice" . }}{{ join "," . | quote }}
{{- else }}{{ toString . | quote }}
{{- end }}
{{- end }}

{{/* Settings with the scope `restart` in docs/configuration.md; all others are taken while the gateway runs. */}}
{{- define "mastra-gateway.settingsOfTheStart" -}}
event_loops header_timeout body_timeout idle_timeout max_connections max_connections_per_ip max_header_bytes log_format
watchdog_timeout listen_tls_client_names listen_tls_min_version listen_tls_reload_interval local_store_max_age
{{- end }}

{{- define "mastra-gateway.config" -}}
{{- list (include "mastra-gateway.configOfTheStart" . | trim) (include "mastra-gateway.configThatIsReloaded" . | trim) | compact | join "\n" }}
{{- end }}

{{- define "mastra-gateway.configThatIsReloaded" -}}
{{- $start := include "mastra-gateway.settingsOfTheStart" . | replace "\n" " " | splitList " " }}
{{- range $name, $value := .Values.config }}
{{- if not (has $name $start) }}
{{ $name }}: {{ include "mastra-gateway.setting" $value }}
{{- end }}
{{- end }}
{{- with .Values.queue }}
{{- if .enabled }}
queue_max_bytes: {{ include "mastra-gateway.setting" .maxBytes }}
{{- end }}
{{- end }}
{{- with .Values.routes }}
routes:
{{- range $route, $settings := . }}
  {{ $route | quote }}:
{{- range $name, $value := $settings }}
{{- if eq $name "access_token_key" }}
    access_token_file: "/etc/mastra-gateway/route-tokens/{{ $value }}"
{{- else }}
    {{ $name }}: {{ include "mastra-gateway.setting" $value }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "mastra-gateway.configOfTheStart" -}}
{{- $start := include "mastra-gateway.settingsOfTheStart" . | replace "\n" " " | splitList " " }}
{{- range $name, $value := .Values.config }}
{{- if has $name $start }}
{{ $name }}: {{ include "mastra-gateway.setting" $value }}
{{- end }}
{{- end }}
{{- with .Values.queue }}
{{- if .enabled }}
queue_directory: /var/lib/mastra-gateway/queue
{{- end }}
{{- end }}
{{- $queue := .Values.queue.enabled }}
{{- $name := include "mastra-gateway.fullname" . }}
{{- $namespace := .Release.Namespace }}
{{- with .Values.viewer }}
{{- if .enabled }}
local_store: {{ ternary "/var/lib/mastra-gateway/mastra.db" "memory" $queue }}
local_store_max_bytes: {{ include "mastra-gateway.setting" .maxBytes }}
viewer_credentials: {{ include "mastra-gateway.setting" .credentials }}
viewer_hosts: {{ concat (list $name (printf "%s.%s" $name $namespace) (printf "%s.%s.svc" $name $namespace)) .hosts | join "," | quote }}
{{- else }}
local_store: "off"
{{- end }}
{{- end }}
{{- with .Values.tls }}
{{- if .existingSecret }}
listen_tls_cert_file: /etc/mastra-gateway/tls/{{ .certKey }}
listen_tls_key_file: /etc/mastra-gateway/tls/{{ .keyKey }}
{{- if .clientCAKey }}
listen_tls_client_ca_file: /etc/mastra-gateway/tls/{{ .clientCAKey }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Whether everybody may send, as the gateway decides it; empty where not. */}}
{{- define "mastra-gateway.isOpen" -}}
{{- $config := .Values.config }}
{{- if hasKey $config "allow_unauthenticated" }}
{{- ternary "open" "" (eq (toString $config.allow_unauthenticated) "true") }}
{{- else if not (or $config.credentials .Values.routes) }}open
{{- end }}
{{- end }}

{{/* Whole seconds of shutdown_timeout: hours, minutes and seconds of a duration such as 1m30s. */}}
{{- define "mastra-gateway.shutdownSeconds" -}}
{{- $text := toString (default "20s" .Values.config.shutdown_timeout) }}
{{- $hours := regexFind "[0-9]+h" $text | trimSuffix "h" | int }}
{{- $minutes := regexFind "[0-9]+m([0-9]|$)" $text | regexFind "[0-9]+" | int }}
{{- $seconds := regexFind "[0-9]+s" $text | trimSuffix "s" | int }}
{{- add (mul $hours 3600) (mul $minutes 60) $seconds }}
{{- end }}

{{/* What a schema cannot say. */}}
{{- define "mastra-gateway.check" -}}
{{- $stop := add (include "mastra-gateway.shutdownSeconds" . | int) .Values.preStopSleepSeconds }}
{{- if le (int .Values.terminationGracePeriodSeconds) (int $stop) }}
{{- fail (printf "terminationGracePeriodSeconds (%v) has to be more than preStopSleepSeconds and shutdown_timeout together (%v)" .Values.terminationGracePeriodSeconds $stop) }}
{{- end }}
{{- if and .Values.accessToken.value .Values.accessToken.existingSecret }}
{{- fail "accessToken: give either existingSecret or value" }}
{{- end }}
{{- range $route, $settings := .Values.routes }}
{{- if hasKey $settings "access_token_key" }}
{{- if not $.Values.routeTokens.existingSecret }}
{{- fail (printf "routes.%s.access_token_key: set routeTokens.existingSecret, which has the key" $route) }}
{{- end }}
{{- if hasKey $settings "access_token_file" }}
{{- fail (printf "routes.%s: give either access_token_key or access_token_file" $route) }}
{{- end }}
{{- end }}
{{- end }}
{{- if and .Values.viewer.enabled (not .Values.viewer.credentials) }}
{{- fail "viewer.credentials: set what a browser shows; mastra-gateway credential hash --basic USER makes it" }}
{{- end }}
{{- if and .Values.queue.enabled (hasKey .Values.config "queue_max_bytes") }}
{{- fail "config.queue_max_bytes: with queue.enabled set queue.maxBytes" }}
{{- end }}
{{- end }}
