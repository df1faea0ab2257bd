"""What a kubelet makes of a rendered pod: its variables, and its volumes as folders of this machine. Volumes whose content is not
rendered (secrets and config maps of others) are given."""

import base64

CLAIMS = ("persistentVolumeClaim", "emptyDir")


class Container:
    """The first container of a workload. `given` has keys and texts by the name of a secret or a config map."""

    def __init__(self, objects, folder, given=None):
        self.objects, self.folder, self.given = objects, folder, given or {}
        self.workload = next(each for each in objects if each["kind"] in ("Deployment", "StatefulSet", "Job"))
        self.pod = self.workload["spec"]["template"]["spec"]
        self.container = self.pod["containers"][0]
        claims = self.workload["spec"].get("volumeClaimTemplates", [])
        self.volumes = {volume["name"]: volume for volume in self.pod["volumes"]}
        self.volumes |= {claim["metadata"]["name"]: {"emptyDir": {}} for claim in claims}
        for mount in self.container["volumeMounts"]:
            self._mount(mount["mountPath"], self.volumes[mount["name"]])

    @property
    def environment(self):
        return {each["name"]: self._here(each["value"]) for each in self.container["env"]}

    def port(self, name):
        return next(port["containerPort"] for port in self.container["ports"] if port["name"] == name)

    def _mount(self, path, volume):
        folder = self.folder / path.lstrip("/")
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in self._files(volume).items():
            (folder / name).write_text(self._here(text))

    def _files(self, volume):
        if "configMap" in volume:
            return self._data("ConfigMap", volume["configMap"]["name"])
        if "secret" in volume:
            data = self._data("Secret", volume["secret"]["secretName"])
            items = volume["secret"].get("items", [{"key": key, "path": key} for key in data])
            return {item["path"]: data[item["key"]] for item in items}
        assert any(kind in volume for kind in CLAIMS), volume
        return {}

    def _data(self, kind, name):
        if name in self.given:
            return self.given[name]
        [found] = [each for each in self.objects if (each["kind"], each["metadata"]["name"]) == (kind, name)]
        if kind == "ConfigMap":
            return found["data"]
        return {key: base64.b64decode(text).decode() for key, text in found["data"].items()}

    def _here(self, text):
        """Paths in mounted folders, of this machine."""
        for mount in self.container["volumeMounts"]:
            text = text.replace(mount["mountPath"] + "/", f"{self.folder}{mount['mountPath']}/")
        return text
