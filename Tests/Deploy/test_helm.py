"""The Helm chart: what its values may be, what it renders of them, and that the program takes what it is given.

Kubernetes' own kinds are validated with its schemas, those of others (`FOREIGN`) with the few lines of schema below."""

import base64
import json
import re
import tarfile

import pytest
import yaml
from support.certificates import Certificates
from support.gateway import TOKEN, Gateway
from support.otlp import export_of
from support.program import REPOSITORY, run
from support.routes import digest
from support.upstream import Upstream
from support.waiting import wait_until

from tools import chart, helm
from tools.kubelet import Container
from tools.profile import restricted
from tools.programs import call
from tools.quantities import fits

CI = sorted(helm.CHART.glob("ci/*-values.yaml"))
IDS = [path.name.removesuffix("-values.yaml") for path in CI]
# The oldest version that Chart.yaml allows, one between, the newest whose schemas there are.
VERSIONS = ["1.30", "1.34", "1.37"]
FOREIGN = {"ServiceMonitor", "PodMonitor", "PrometheusRule", "HTTPRoute"}
ROUTE = {"credentials": "sha256:" + "0" * 64}
ALERTS = REPOSITORY / "deploy/prometheus/alerts.yaml"


def values_of(name):
    return (helm.CHART / f"ci/{name}-values.yaml").read_text()


def one(objects, kind, name=None):
    [found] = [each for each in objects if each["kind"] == kind and name in (None, each["metadata"]["name"])]
    return found


def workload(objects):
    [found] = [each for each in objects if each["kind"] in ("Deployment", "StatefulSet")]
    return found


def template(objects):
    return workload(objects)["spec"]["template"]


def gateway_container(objects):
    return template(objects)["spec"]["containers"][0]


def pods(objects):
    """Specifications of all pods, that of `helm test` too."""
    return [template(objects)["spec"], one(objects, "Pod")["spec"]]


def settings(objects):
    """The settings file of the rendered ConfigMap."""
    config = one(objects, "ConfigMap")
    return yaml.safe_load(config["data"]["mastra-gateway.yaml"]) or {}


@pytest.fixture(params=CI, ids=IDS)
def values(request):
    return request.param.read_text()


@pytest.fixture
def objects(values):
    return helm.objects(values)


# Values


def test_the_linter_finds_nothing(values):
    assert helm.lint(values) == []


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"replicaCount": 2}, "additional properties 'replicaCount' not allowed"),
        ({"image": {"tags": "1"}}, "at '/image': additional properties 'tags' not allowed"),
        ({"replicas": "two"}, "at '/replicas': got string, want integer"),
        ({"replicas": -1}, "at '/replicas'"),
        ({"image": {"digest": "abc"}}, "at '/image/digest'"),
        ({"service": {"type": "ExternalName"}}, "at '/service/type'"),
        ({"service": {"httpPort": 0}}, "at '/service/httpPort'"),
        ({"queue": {"size": "8 GB"}}, "at '/queue/size'"),
        ({"queue": {"maxBytes": "6Gi"}}, "at '/queue/maxBytes'"),
        ({"queue": {"accessMode": "ReadWriteMany"}}, "at '/queue/accessMode'"),
        ({"listenHost": "0.0.0.0:4318"}, "at '/listenHost'"),
        ({"httpRoute": {"enabled": True}}, "at '/httpRoute/parentRefs'"),
        ({"config": {"projectId": "a"}}, "at '/config': additional properties 'projectId' not allowed"),
        ({"config": {"log_level": "loud"}}, "at '/config/log_level'"),
        ({"config": {"http_listen": "0.0.0.0:1"}}, "additional properties 'http_listen' not allowed"),
        ({"config": {"access_token": "a"}}, "additional properties 'access_token' not allowed"),
        # YAML takes the word for false.
        ("config: {redaction: off}", "at '/config/redaction'"),
        ({"config": {"queue_max_bytes": "1GiB"}}, "config.queue_max_bytes: with queue.enabled set queue.maxBytes"),
        ({"routes": {"a": {"project_id": "a"}}}, "at '/routes/a': missing property 'credentials'"),
        ({"routes": {"Search": ROUTE}}, "at '/routes': additional properties 'Search' not allowed"),
        ({"routes": {"a" * 41: ROUTE}}, "at '/routes': additional properties"),
        ({"routes": {"default": ROUTE}}, "at '/routes/default'"),
        ({"routes": {"a": ROUTE | {"memory_limit": "1GiB"}}}, "at '/routes/a': additional properties 'memory_limit' not allowed"),
        ({"routes": {"a": ROUTE | {"access_token": "a"}}}, "at '/routes/a': additional properties 'access_token' not allowed"),
        ({"routes": {"a": ROUTE | {"redaction": "some"}}}, "at '/routes/a/redaction'"),
        ({"routes": {"a": ROUTE | {"access_token_file": "token"}}}, "at '/routes/a/access_token_file'"),
        ({"routes": {"a": ROUTE | {"access_token_key": "a"}}}, "routes.a.access_token_key: set routeTokens.existingSecret"),
        (
            {"routeTokens": {"existingSecret": "t"}, "routes": {"a": ROUTE | {"access_token_key": "a", "access_token_file": "/a"}}},
            "routes.a: give either access_token_key or access_token_file",
        ),
        ({"accessToken": {"value": "a", "existingSecret": "b"}}, "give either existingSecret or value"),
        ({"terminationGracePeriodSeconds": 25}, "has to be more than preStopSleepSeconds and shutdown_timeout"),
        ({"config": {"shutdown_timeout": "1m"}}, "and shutdown_timeout together (65)"),
        ({"config": {"shutdown_timeout": "10m"}, "terminationGracePeriodSeconds": 605}, "together (605)"),
        ({"config": {"shutdown_timeout": "1m30s"}, "terminationGracePeriodSeconds": 95}, "together (95)"),
    ],
    ids=str,
)
def test_values_that_cannot_be_meant_are_refused_with_their_path(values, message):
    with pytest.raises(helm.Refused) as refused:
        helm.render(values)
    assert message in str(refused.value)


@pytest.mark.parametrize("timeout", ["1m30s", "95s", "1m35s", "35500ms", "0", "0s", 0])
def test_a_grace_period_that_is_long_enough_is_taken(timeout):
    values = {"config": {"shutdown_timeout": timeout}, "terminationGracePeriodSeconds": 101}
    assert template(helm.objects(values))["spec"]["terminationGracePeriodSeconds"] == 101


def test_a_chart_that_depends_on_this_one_may_hand_down_what_helm_does():
    helm.render({"global": {"imageRegistry": "x"}, "enabled": True})


def test_the_schema_knows_every_value_and_the_settings_that_there_are():
    chart.compare(chart.SCHEMA, chart.schema())
    document = json.loads(chart.SCHEMA.read_text())
    handed_down = {"global", "enabled"}
    assert set(document["properties"]) - handed_down == set(yaml.safe_load(chart.VALUES.read_text()))
    assert chart.OWNED < {key for key, *_ in chart.settings()}


def test_the_chart_knows_which_settings_are_read_at_the_start_alone():
    text = (helm.CHART / "templates/_helpers.tpl").read_text()
    [listed] = re.findall(r'define "mastra-gateway.settingsOfTheStart" -}}\n(.*?)\n{{- end', text, re.S)
    assert set(listed.split()) == {key for key, _, _, scope in chart.settings() if scope == "restart"} - chart.OWNED


def test_the_readme_has_the_values_that_there_are():
    chart.compare(chart.README, chart.readme())


# Validity


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_what_is_rendered(objects, version):
    """A kind without a schema would end the validation with an error."""
    assert helm.violations([each for each in objects if each["kind"] not in FOREIGN], version) == []


def test_the_validation_finds_a_misspelt_field():
    service = one(helm.objects(), "Service", "gw-mastra-gateway")
    service["spec"]["ports"][0]["targetport"] = 1
    [[kind, path, message]] = helm.violations([service], VERSIONS[-1])
    assert (kind, path) == ("Service", "spec.ports.0") and "targetport" in message


def _closed(required, **properties):
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_TEXTS = {"type": "object", "additionalProperties": {"type": "string"}}
_RELABELING = {
    "type": "array",
    "items": _closed(
        [], action={"type": "string"}, regex={"type": "string"}, replacement={"type": "string"},
        sourceLabels={"type": "array", "items": {"type": "string"}}, targetLabel={"type": "string"},
    ),
}  # fmt: skip
_ENDPOINTS = {
    "type": "array",
    "minItems": 1,
    "items": _closed(
        ["port"], port={"type": "string"}, interval={"type": "string"}, relabelings=_RELABELING,
        metricRelabelings=_RELABELING,
    ),
}  # fmt: skip
_SELECTOR = _closed(["matchLabels"], matchLabels=_TEXTS)
# Of the definitions of the Prometheus operator and of the Gateway API, the members that the chart uses.
SPECIFICATIONS = {
    "ServiceMonitor": _closed(["selector", "endpoints"], selector=_SELECTOR, endpoints=_ENDPOINTS),
    "PodMonitor": _closed(["selector", "podMetricsEndpoints"], selector=_SELECTOR, podMetricsEndpoints=_ENDPOINTS),
    "PrometheusRule": _closed(["groups"], groups={"type": "array", "items": {"type": "object"}}),
    "HTTPRoute": _closed(
        ["parentRefs", "rules"],
        parentRefs={"type": "array", "minItems": 1, "items": _closed(
            ["name"], name={"type": "string"}, namespace={"type": "string"}, sectionName={"type": "string"})},
        hostnames={"type": "array", "items": {"type": "string"}},
        rules={"type": "array", "items": _closed(
            ["backendRefs"],
            matches={"type": "array", "items": _closed(["path"], path=_closed(
                ["type", "value"], type={"enum": ["Exact", "PathPrefix"]}, value={"type": "string"}))},
            filters={"type": "array", "items": {"type": "object", "required": ["type"]}},
            backendRefs={"type": "array", "items": _closed(
                ["name", "port"], name={"type": "string"}, port={"type": "integer"})},
        )},
    ),
}  # fmt: skip
API_VERSIONS = {
    "HTTPRoute": "gateway.networking.k8s.io/v1",
    "ServiceMonitor": "monitoring.coreos.com/v1",
    "PodMonitor": "monitoring.coreos.com/v1",
    "PrometheusRule": "monitoring.coreos.com/v1",
}


@pytest.mark.parametrize(
    ("kind", "name"),
    [("ServiceMonitor", "durable"), ("PodMonitor", "memory"), ("PrometheusRule", "durable"), ("HTTPRoute", "routes")],
)
def test_a_kind_of_others_has_the_members_that_it_knows(kind, name, tmp_path):
    found = one(helm.objects(values_of(name)), kind)
    assert found["apiVersion"] == API_VERSIONS[kind]
    schema, instance = tmp_path / "schema.json", tmp_path / "instance.json"
    schema.write_text(json.dumps(SPECIFICATIONS[kind]))
    instance.write_text(json.dumps(found["spec"]))
    call("check-jsonschema", "--schemafile", schema, instance)


def test_every_kind_of_others_is_rendered_by_one_of_the_files():
    rendered = {each["kind"] for path in CI for each in helm.objects(path.read_text())}
    assert FOREIGN < rendered
    assert rendered >= {"Deployment", "StatefulSet", "Ingress", "NetworkPolicy", "HorizontalPodAutoscaler", "Secret"}


# Workload


def test_a_queue_on_disk_makes_a_stateful_set_with_a_claim_each(values, objects):
    durable = (yaml.safe_load(values).get("queue") or {}).get("enabled", True)
    found = workload(objects)
    assert found["kind"] == ("StatefulSet" if durable else "Deployment")
    assert ("queue_directory" in settings(objects)) == durable
    mounts = {mount["name"]: mount["mountPath"] for mount in gateway_container(objects)["volumeMounts"]}
    assert mounts.get("queue") == ("/var/lib/mastra-gateway" if durable else None)
    if durable:
        [claim] = found["spec"]["volumeClaimTemplates"]
        assert claim["metadata"]["name"] == "queue"
        assert settings(objects)["queue_directory"].startswith(mounts["queue"] + "/")
        headless = one(objects, "Service", found["spec"]["serviceName"])
        assert headless["spec"]["clusterIP"] == "None"


def test_a_claim_outlives_its_replica_and_its_release():
    policy = workload(helm.objects())["spec"]["persistentVolumeClaimRetentionPolicy"]
    assert policy == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_the_default_volume_has_room_for_the_default_queue():
    objects = helm.objects()
    [claim] = workload(objects)["spec"]["volumeClaimTemplates"]
    assert fits(settings(objects), claim["spec"]["resources"]["requests"]["storage"])


def test_the_selector_is_the_same_whatever_the_values_are(objects):
    """It cannot be changed in a release. The name follows from the release alone."""
    selector = workload(objects)["spec"]["selector"]["matchLabels"]
    assert selector == {
        "app.kubernetes.io/name": "mastra-gateway",
        "app.kubernetes.io/instance": "gw",
        "app.kubernetes.io/component": "gateway",
    }
    assert selector.items() <= template(objects)["metadata"]["labels"].items()


def test_everything_that_selects_pods_selects_the_gateways_and_not_the_test(objects):
    labels = template(objects)["metadata"]["labels"]
    of_test = one(objects, "Pod")["metadata"]["labels"]
    selectors = [each["spec"]["selector"] for each in objects if each["kind"] == "Service"]
    selectors += [each["spec"]["selector"]["matchLabels"] for each in objects
                  if each["kind"] in ("PodDisruptionBudget", "PodMonitor")]  # fmt: skip
    selectors += [each["spec"]["podSelector"]["matchLabels"] for each in objects if each["kind"] == "NetworkPolicy"]
    selectors += [each["labelSelector"]["matchLabels"] for each in pods(objects)[0].get("topologySpreadConstraints", [])]
    assert selectors
    for selector in selectors:
        assert selector.items() <= labels.items()
        assert not selector.items() <= of_test.items()


def marks(values, **options):
    return template(helm.objects(values, **options))["metadata"]


ALL_AT_THE_START = {"restartOnChange": True}


def test_pods_are_made_anew_when_settings_change_that_are_read_at_the_start_and_only_then():
    plain = marks({})
    assert plain == marks({"replicas": 5, "service": {"httpPort": 80}}, upgrade=True)
    assert plain == marks({"config": {"log_level": "debug"}, "queue": {"maxBytes": "1GiB"}})
    assert plain == marks({"routes": {"a": ROUTE}})
    assert plain != marks({"config": {"max_connections": 9}})
    assert plain != marks({"tls": {"existingSecret": "a"}}) != marks({"tls": {"existingSecret": "a", "certKey": "b"}})
    assert marks({"accessToken": {"value": "a"}}) == marks({"accessToken": {"value": "b"}})


def test_whoever_wants_it_has_pods_made_anew_at_every_change():
    plain = marks(ALL_AT_THE_START)
    for change in ({"config": {"log_level": "debug"}}, {"routes": {"a": ROUTE}}, {"config": {"max_connections": 9}}):
        assert plain != marks(ALL_AT_THE_START | change)
    assert marks(ALL_AT_THE_START | {"accessToken": {"value": "a"}}) != marks(ALL_AT_THE_START | {"accessToken": {"value": "b"}})


def test_a_route_that_is_added_changes_nothing_of_the_pod():
    """Its token is in a secret that is mounted whole."""
    values = yaml.safe_load(values_of("teams"))
    before = helm.objects(values)
    values["routes"] |= {"more": ROUTE | {"access_token_key": "more"}}
    after = helm.objects(values)
    assert workload(before) == workload(after)
    assert settings(before) != settings(after)
    assert settings(after)["routes"]["more"]["access_token_file"].endswith("/route-tokens/more")


def test_an_autoscaler_and_the_chart_do_not_both_set_the_replicas(objects):
    scalers = [each for each in objects if each["kind"] == "HorizontalPodAutoscaler"]
    assert ("replicas" in workload(objects)["spec"]) == (not scalers)
    for scaler in scalers:
        target = scaler["spec"]["scaleTargetRef"]
        assert (target["kind"], target["name"]) == (workload(objects)["kind"], workload(objects)["metadata"]["name"])
        assert scaler["spec"]["metrics"]


def test_a_digest_counts_and_the_tag_does_not():
    digest = "sha256:" + "a" * 64
    images = [{"digest": digest, "tag": "x"}, {"tag": "x"}, {}]
    rendered = [gateway_container(helm.objects({"image": image}))["image"] for image in images]
    repository = "ghcr.io/mastra-gateway/mastra-gateway"
    assert rendered == [f"{repository}@{digest}", f"{repository}:x", f"{repository}:{run('version').stdout.split()[1]}"]


@pytest.mark.parametrize("name", ["gw", "mastra-gateway", "a" * 53])
def test_names_are_short_enough_for_what_kubernetes_adds(name):
    objects = helm.objects(name=name)
    assert all(len(each["metadata"]["name"]) <= 63 for each in objects)
    # A StatefulSet puts its name and a hash of ten characters and a dash into a label.
    assert len(workload(objects)["metadata"]["name"]) <= 52


# Stopping


def test_a_pod_has_more_time_to_end_than_the_gateway_takes(objects):
    shutdown = {"20s": 20, "1m": 60}[settings(objects).get("shutdown_timeout", "20s")]
    pause = gateway_container(objects).get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    assert template(objects)["spec"]["terminationGracePeriodSeconds"] > pause + shutdown


# Secrets


@pytest.mark.parametrize("token", [{"value": TOKEN}, {"existingSecret": "mastra-token"}])
def test_the_token_is_a_file_and_in_no_variable(token, tmp_path):
    objects = helm.objects({"accessToken": token})
    variables = gateway_container(objects)["env"]
    assert not [each for each in variables if re.search("TOKEN(?!_FILE)", each["name"]) or TOKEN in str(each)]
    pod = Container(objects, tmp_path, {"mastra-token": {"access-token": TOKEN}})
    with open(pod.environment["MASTRA_CLOUD_ACCESS_TOKEN_FILE"]) as file:
        assert file.read() == TOKEN


def test_a_token_given_as_a_value_stands_in_the_secret_alone():
    rendered = helm.render({"accessToken": {"value": TOKEN}})
    shapes = (TOKEN, base64.b64encode(TOKEN.encode()).decode())
    assert [path for path, text in rendered.items() if any(shape in text for shape in shapes)] == ["mastra-gateway/templates/secret.yaml"]


def test_without_a_token_nothing_speaks_of_one():
    objects = helm.objects()
    assert not [each for each in objects if each["kind"] == "Secret"]
    assert "token" not in json.dumps(pods(objects)[0]).replace("automountServiceAccountToken", "").lower()
    assert "records are printed on standard output" in helm.notes()


# Security


def test_pods_satisfy_the_restricted_profile_and_more(objects):
    for pod in pods(objects):
        assert restricted(pod) == []
        assert pod["automountServiceAccountToken"] is False
        assert all(each["securityContext"]["readOnlyRootFilesystem"] is True for each in pod["containers"])
        assert all("limits" in each["resources"] for each in pod["containers"])


def test_a_pod_that_gives_up_a_part_is_found():
    values = {"securityContext": {"allowPrivilegeEscalation": True}, "podSecurityContext": {"runAsUser": 0}}
    assert restricted(pods(helm.objects(values))[0]) == ["runAsUser", "allowPrivilegeEscalation"]


def test_the_kubelet_leaves_the_mode_of_the_queues_directory(objects):
    """Else it opens it to the group at each mount, and the gateway does not start."""
    assert all(pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch" for pod in pods(objects))


def test_no_service_becomes_a_variable(objects):
    """MASTRA_GATEWAY_HEADLESS_SERVICE_HOST is no setting, and ends the start."""
    assert all(pod["enableServiceLinks"] is False for pod in pods(objects))
    done = run("check", env={"MASTRA_GATEWAY_HEADLESS_SERVICE_HOST": "10.0.0.1"})
    assert done.returncode == 78


def test_user_and_group_may_be_left_to_the_namespace():
    security = pods(helm.objects(values_of("openshift")))[0]["securityContext"]
    assert not {"runAsUser", "runAsGroup", "fsGroup"} & set(security)
    assert security["runAsNonRoot"] is True


# Network


def test_the_policy_lets_spans_in_at_the_listeners_and_monitoring_at_the_admin_port():
    objects = helm.objects(values_of("durable"))
    ports = {port["name"] for port in gateway_container(objects)["ports"]}
    otlp, admin = one(objects, "NetworkPolicy")["spec"]["ingress"]
    assert {port["port"] for port in otlp["ports"]} == {"otlp-http", "otlp-grpc"}
    assert {port["port"] for port in admin["ports"]} == {"admin"}
    assert {"otlp-http", "otlp-grpc", "admin"} == ports
    of_test = {"podSelector": {"matchLabels": one(objects, "Pod")["metadata"]["labels"]}}
    assert otlp["from"][0] == {"namespaceSelector": {}}
    assert admin["from"][0] == {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}
    for rule in (otlp, admin):
        # Nobody else: a rule whose list were empty would let in everybody.
        [_, last] = rule["from"]
        assert last["podSelector"]["matchLabels"].items() <= of_test["podSelector"]["matchLabels"].items()


def test_an_empty_list_lets_in_nobody_but_the_test():
    objects = helm.objects({"networkPolicy": {"enabled": True, "otlpFrom": [], "adminFrom": []}})
    for rule in one(objects, "NetworkPolicy")["spec"]["ingress"]:
        [only] = rule["from"]
        assert only["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "test"


def test_the_policy_lets_out_names_and_uploads():
    first, extra = one(helm.objects(values_of("durable")), "NetworkPolicy")["spec"]["egress"]
    assert [(port["port"], port["protocol"]) for port in first["ports"]] == [
        (53, "UDP"), (53, "TCP"), (443, "TCP"), (3128, "TCP")
    ]  # fmt: skip
    assert extra == {"to": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}


def test_ports_have_one_number_in_variables_containers_and_services(objects):
    container = gateway_container(objects)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    variables = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    for name, variable in {"otlp-http": "HTTP", "otlp-grpc": "GRPC", "admin": "ADMIN"}.items():
        assert variables[f"MASTRA_GATEWAY_{variable}_LISTEN"].rsplit(":", 1)[1] == str(ports[name])
    for service in (each for each in objects if each["kind"] == "Service"):
        assert {port["targetPort"] for port in service["spec"]["ports"]} <= set(ports)
    assert {container[probe]["httpGet"]["port"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")} == {"admin"}


def test_the_admin_port_is_on_the_headless_service_alone(objects):
    services = {each["spec"].get("clusterIP"): each for each in objects if each["kind"] == "Service"}
    assert "admin" in {port["name"] for port in services["None"]["spec"]["ports"]}
    published = {port["name"] for port in services[None]["spec"]["ports"]}
    # The viewer, where there is one, has a credential.
    assert published - {"viewer"} == {"otlp-http", "otlp-grpc"}
    assert ("viewer" in published) == ("viewer_credentials" in settings(objects))


def test_what_publishes_the_gateway_leads_to_its_service():
    objects = helm.objects(values_of("routes"))
    service = one(objects, "Service", "gw-mastra-gateway")
    [rule] = one(objects, "Ingress")["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    [reference] = one(objects, "HTTPRoute")["spec"]["rules"][0]["backendRefs"]
    ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
    assert (backend["name"], ports[backend["port"]["name"]]) == ("gw-mastra-gateway", 4318)
    assert (reference["name"], reference["port"]) == ("gw-mastra-gateway", 4318)


OPEN = "anybody who reaches the published address"
PUBLISHED = {"service": {"type": "LoadBalancer"}}


@pytest.mark.parametrize("name", ["routes", "published"])
def test_whoever_publishes_it_without_certificates_of_clients_is_warned(name):
    assert (OPEN in helm.notes(values_of(name))) == (name == "routes")


@pytest.mark.parametrize(
    ("values", "warned"),
    [
        ({}, True),
        ({"config": ROUTE}, False),
        ({"routes": {"a": ROUTE}}, False),
        ({"routes": {"a": ROUTE}, "config": {"allow_unauthenticated": False}}, False),
        ({"routes": {"a": ROUTE}, "config": {"allow_unauthenticated": True}}, True),
    ],
    ids=str,
)
def test_whoever_publishes_it_to_senders_without_credentials_is_warned(values, warned):
    assert (OPEN in helm.notes(PUBLISHED | values)) == warned
    assert ("OTEL_EXPORTER_OTLP_HEADERS" in helm.notes(values)) != warned


def test_the_notes_name_the_routes():
    assert "Routes: assistant-eu, checkout, search." in helm.notes(values_of("teams"))
    printing = "print their records on standard output"
    assert printing not in helm.notes(values_of("teams"))
    assert printing in helm.notes({"routes": {"a": ROUTE}})
    assert "Routes: a, and default" in helm.notes({"routes": {"a": ROUTE}, "config": {"allow_unauthenticated": True}})


def test_whoever_scales_volumes_by_load_is_warned():
    assert "whose volume still holds spans" in helm.notes(values_of("durable"))
    assert "whose volume still holds spans" not in helm.notes(values_of("memory"))


# Monitoring


def test_a_service_monitor_selects_one_service_that_has_the_port():
    objects = helm.objects(values_of("durable"))
    monitor = one(objects, "ServiceMonitor")["spec"]
    selected = [
        each for each in objects
        if each["kind"] == "Service" and monitor["selector"]["matchLabels"].items() <= each["metadata"]["labels"].items()
    ]  # fmt: skip
    [service] = selected
    assert monitor["endpoints"][0]["port"] in {port["name"] for port in service["spec"]["ports"]}


def test_a_pod_monitor_names_a_port_of_the_pod():
    objects = helm.objects(values_of("memory"))
    port = one(objects, "PodMonitor")["spec"]["podMetricsEndpoints"][0]["port"]
    assert port in {each["name"] for each in gateway_container(objects)["ports"]}


@pytest.fixture
def alerts():
    if not ALERTS.exists():
        pytest.skip("deploy/prometheus/alerts.yaml is not there")


def test_the_alerts_are_those_of_the_repository(alerts):
    chart.compare(helm.CHART / "files/alerts.yaml", ALERTS.read_text())


def test_prometheus_takes_the_rules_as_they_are_rendered(alerts, tmp_path):
    specification = one(helm.objects(values_of("durable")), "PrometheusRule")["spec"]
    assert specification == yaml.safe_load((helm.CHART / "files/alerts.yaml").read_text())
    assert specification["groups"], "the rule would do nothing"
    rules = tmp_path / "rules.yaml"
    rules.write_text(yaml.safe_dump(specification))
    call("promtool", "check", "rules", rules)


# The program with what is rendered


def given(tmp_path):
    """Secrets and config maps that the files of values name."""
    folder = tmp_path / "certificates"
    folder.mkdir()
    made = Certificates(folder)
    return {
        "mastra-token": {"access-token": TOKEN, "token": TOKEN},
        "mastra-tokens": {name: f"{TOKEN}-{name}" for name in ("checkout", "search", "assistant-eu")},
        "gateway-tls": {
            "tls.crt": made.pem("server").read_text(),
            "tls.key": made.key("server").read_text(),
            "ca.crt": made.pem("ca").read_text(),
        },
        "company": {"ca.pem": made.pem("ca").read_text()},
    }


def test_the_program_takes_the_settings_and_variables_of_a_pod(values, objects, tmp_path):
    pod = Container(objects, tmp_path / "pod", given(tmp_path))
    done = run("check", env=pod.environment)
    assert done.returncode == 0, done.stderr
    top, *routes = re.split(r"^route ", done.stdout, flags=re.M)
    shown = {line.split()[0]: line.split()[1] for line in top.splitlines() if "  (" in line}
    host = yaml.safe_load(values).get("listenHost", "0.0.0.0")
    assert (shown["http_listen"], shown["grpc_listen"], shown["admin_listen"]) == (
        f"{host}:4318", f"{host}:4317", f"{host}:8888"
    )  # fmt: skip
    written = settings(objects)
    assert [text.split(",")[0] for text in routes if not text.startswith("default,")] == list(written.pop("routes", {}))
    # What is shown otherwise than it is written.
    others = ("proxy_url", "endpoint", "viewer_credentials")
    assert {key: shown[key] for key in written if key not in others} == {
        key: value.replace("/etc", f"{tmp_path}/pod/etc").replace("/var", f"{tmp_path}/pod/var")
        for key, value in written.items() if key not in others
    }  # fmt: skip


@pytest.mark.parametrize("durable", [True, False])
def test_a_gateway_with_the_variables_and_files_of_a_pod_delivers(durable, tmp_path):
    with Upstream() as upstream:
        values = {
            "queue": {"enabled": durable},
            "accessToken": {"existingSecret": "mastra-token"},
            "config": {"endpoint": upstream.url},
        }
        pod = Container(helm.objects(values), tmp_path, {"mastra-token": {"access-token": TOKEN}})
        with Gateway(env=pod.environment) as gateway:
            upstream.delivered(gateway.accept(export_of(3)))
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                assert gateway.admin_get(pod.container[probe]["httpGet"]["path"]).status == 200
        assert upstream.publishes[0].headers["authorization"] == f"Bearer {TOKEN}"
        assert (tmp_path / "var/lib/mastra-gateway/queue").exists() == durable


def test_teams_that_share_a_gateway_are_told_apart_and_a_key_of_the_secret_is_taken_without_a_restart(tmp_path):
    key = {name: f"key of {name}" for name in ("checkout", "search")}
    values = {
        "routeTokens": {"existingSecret": "mastra-tokens"},
        "routes": {
            name: {"credentials": [f"sha256:{digest(text)}"], "access_token_key": name, "project_id": name} for name, text in key.items()
        },
    }  # fmt: skip
    with Upstream() as upstream:
        values["config"] = {"endpoint": upstream.url, "reload_interval": "1s"}
        pod = Container(helm.objects(values), tmp_path, given(tmp_path))
        with Gateway(env=pod.environment) as gateway:
            assert gateway.post(export_of(1)).status == 401
            ids = []

            def arrives(name, token):
                sent = export_of(2)
                assert gateway.post(sent, authorization=f"Bearer {key[name]}").status == 200
                ids.extend(sent.ids)
                upstream.delivered(ids)
                last = upstream.publishes[-1]
                assert (last.headers["authorization"], last.path) == (f"Bearer {token}", f"/projects/{name}/ai/spans/publish")

            arrives("checkout", f"{TOKEN}-checkout")
            arrives("search", f"{TOKEN}-search")
            (tmp_path / "etc/mastra-gateway/route-tokens/search").write_text(f"{TOKEN}-new")
            wait_until(lambda: 'config_reloads_total{outcome="applied"} 1' in gateway.admin_get("/metrics").body.decode(), "the reload")
            arrives("search", f"{TOKEN}-new")


@pytest.mark.parametrize("name", ["default", "published", "teams"])
def test_the_program_knows_the_command_of_the_test_pod(name):
    """Its names are put in by addresses of this machine, since nobody else resolves them."""
    [container] = one(helm.objects(values_of(name)), "Pod")["spec"]["containers"]
    with Gateway() as gateway:
        addresses = {r"http://gw-mastra-gateway:\d+": "http://{}:{}".format(*gateway.address),
                     r"gw-mastra-gateway-headless:8888": "{}:{}".format(*gateway.admin)}  # fmt: skip
        arguments = container["args"]
        for pattern, address in addresses.items():
            arguments = [re.sub(pattern, address, each) for each in arguments]
        assert arguments != container["args"]
        done = run(*arguments)
    assert done.returncode == 0, done.stderr


# The archive


def test_the_archive_has_what_the_chart_needs_and_no_tests(tmp_path):
    copy = helm.package(tmp_path)
    with tarfile.open(copy) as archive:
        names = {name.removeprefix("mastra-gateway/") for name in archive.getnames()}
    assert {"Chart.yaml", "values.yaml", "values.schema.json", "README.md", "files/alerts.yaml"} < names
    assert not [name for name in names if name.startswith("ci/")]


def test_chart_and_program_have_one_version():
    described = yaml.safe_load((helm.CHART / "Chart.yaml").read_text())
    version = run("version").stdout.split()[1]
    assert (described["version"], described["appVersion"]) == (version, version)
