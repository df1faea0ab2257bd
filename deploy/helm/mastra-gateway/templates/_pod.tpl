{{/* The pod of both kinds of workload. */}}
{{- define "mastra-gateway.pod" -}}
{{- $tokenSecret := include "mastra-gateway.tokenSecret" . -}}
metadata:
  labels:
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- include "mastra-gateway.selectorLabels" . | nindent 4 }}
  annotations:
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    # Whatever else changes in the settings and in the secrets is taken by the gateways that run.
    checksum/config: {{ include (ternary "mastra-gateway.config" "mastra-gateway.configOfTheStart" .Values.restartOnChange) . | sha256sum }}
    {{- if and .Values.restartOnChange .Values.accessToken.value }}
    checksum/token: {{ .Values.accessToken.value | sha256sum }}
    {{- end }}
spec:
  serviceAccountName: {{ include "mastra-gateway.serviceAccountName" . }}
  automountServiceAccountToken: false
  # A Service called mastra-gateway-… would become variables that look like misspelt settings, which end the start.
  enableServiceLinks: false
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  containers:
    - name: gateway
      image: {{ include "mastra-gateway.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      env:
        - name: MASTRA_GATEWAY_CONFIG
          value: /etc/mastra-gateway/config/mastra-gateway.yaml
        - name: MASTRA_GATEWAY_HTTP_LISTEN
          value: {{ printf "%s:4318" .Values.listenHost | quote }}
        - name: MASTRA_GATEWAY_GRPC_LISTEN
          value: {{ printf "%s:4317" .Values.listenHost | quote }}
        - name: MASTRA_GATEWAY_ADMIN_LISTEN
          value: {{ printf "%s:8888" .Values.listenHost | quote }}
        {{- if .Values.viewer.enabled }}
        - name: MASTRA_GATEWAY_VIEWER_LISTEN
          value: {{ printf "%s:4319" .Values.listenHost | quote }}
        {{- end }}
        {{- if $tokenSecret }}
        - name: MASTRA_CLOUD_ACCESS_TOKEN_FILE
          value: /etc/mastra-gateway/token/{{ .Values.accessToken.key }}
        {{- end }}
        {{- with .Values.extraEnv }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - name: otlp-http
          containerPort: 4318
        - name: otlp-grpc
          containerPort: 4317
        - name: admin
          containerPort: 8888
        {{- if .Values.viewer.enabled }}
        - name: viewer
          containerPort: 4319
        {{- end }}
      startupProbe:
        {{- toYaml .Values.startupProbe | nindent 8 }}
      livenessProbe:
        {{- toYaml .Values.livenessProbe | nindent 8 }}
      readinessProbe:
        {{- toYaml .Values.readinessProbe | nindent 8 }}
      {{- with .Values.preStopSleepSeconds }}
      lifecycle:
        preStop:
          sleep:
            seconds: {{ . }}
      {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        - name: config
          mountPath: /etc/mastra-gateway/config
          readOnly: true
        {{- if $tokenSecret }}
        - name: token
          mountPath: /etc/mastra-gateway/token
          readOnly: true
        {{- end }}
        {{- if .Values.routeTokens.existingSecret }}
        - name: route-tokens
          mountPath: /etc/mastra-gateway/route-tokens
          readOnly: true
        {{- end }}
        {{- if .Values.tls.existingSecret }}
        - name: tls
          mountPath: /etc/mastra-gateway/tls
          readOnly: true
        {{- end }}
        {{- if .Values.queue.enabled }}
        - name: queue
          mountPath: /var/lib/mastra-gateway
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
  volumes:
    - name: config
      configMap:
        name: {{ include "mastra-gateway.fullname" . }}
    {{- if $tokenSecret }}
    - name: token
      secret:
        secretName: {{ $tokenSecret }}
        # The default; podman 4 ends where it is left out.
        optional: false
        defaultMode: 0440
        items:
          - key: {{ .Values.accessToken.key }}
            path: {{ .Values.accessToken.key }}
    {{- end }}
    {{- with .Values.routeTokens.existingSecret }}
    # Whole, so that a key for another route needs no other pod.
    - name: route-tokens
      secret:
        secretName: {{ . }}
        optional: false
        defaultMode: 0440
    {{- end }}
    {{- if .Values.tls.existingSecret }}
    - name: tls
      secret:
        secretName: {{ .Values.tls.existingSecret }}
        optional: false
        defaultMode: 0440
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.topologySpreadConstraints }}
  topologySpreadConstraints:
    {{- range . }}
    - {{ merge (deepCopy .) (dict "labelSelector" (dict "matchLabels" (include "mastra-gateway.selectorLabels" $ | fromYaml))) | toYaml | nindent 6 | trim }}
    {{- end }}
  {{- end }}
{{- end }}
