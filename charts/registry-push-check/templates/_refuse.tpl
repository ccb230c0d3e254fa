{{/* Values that fit the schema one by one and make no sense together. Rendered first, by the Deployment. */}}
{{- define "registry-push-check.refuse" -}}
{{- $v := .Values -}}
{{- $oci := include "registry-push-check.ociEnabled" . -}}
{{- if gt (int $v.replicaCount) 1 -}}
{{- fail "replicaCount: this version runs one replica, since two would overwrite each other's verdicts: set it to 1" -}}
{{- end -}}
{{- if and $oci (not $v.oci.registryUrl) -}}
{{- fail "oci.enabled: a check needs a registry: set oci.registryUrl, for example https://registry.example.com" -}}
{{- end -}}
{{- if and (not $oci) (ne (toString $v.oci.enabled) "false") -}}
{{- range $key := list "pushTestRepository" "existingSecret" "spec" -}}
{{- if get $v.oci $key -}}
{{- fail (printf "oci.%s: there is no check to use it: set oci.registryUrl, too, for example https://registry.example.com" $key) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if and $oci $v.oci.existingSecret (not (include "registry-push-check.ociHost" .)) -}}
{{- fail "oci.registryUrl: the host that oci.existingSecret may be sent to cannot be read from it: write it as https://host, https://host:port or https://host/path, an IP address in its shortest form, without a user name or password" -}}
{{- end -}}
{{- if and $oci $v.watchNamespaces (not (has .Release.Namespace $v.watchNamespaces)) -}}
{{- fail (printf "watchNamespaces: the check of oci lies in namespace %s, which is not watched: add %s to watchNamespaces" .Release.Namespace .Release.Namespace) -}}
{{- end -}}
{{- if and (eq $v.rbac.secrets "cluster") $v.watchNamespaces -}}
{{- fail "rbac.secrets: cluster does not go with watchNamespaces, under which no ClusterRole is rendered: set it to namespaced or named" -}}
{{- end -}}
{{- if and $v.rbac.secretNamespaces (ne $v.rbac.secrets "namespaced") -}}
{{- fail (printf "rbac.secretNamespaces: has no effect while rbac.secrets is %s: remove it, or set rbac.secrets to namespaced" $v.rbac.secrets) -}}
{{- end -}}
{{- if and $v.rbac.namedSecrets (ne $v.rbac.secrets "named") -}}
{{- fail (printf "rbac.namedSecrets: has no effect while rbac.secrets is %s: remove it, or set rbac.secrets to named" $v.rbac.secrets) -}}
{{- end -}}
{{- if gt (len (compact (list $v.caBundle.pem $v.caBundle.existingConfigMap $v.caBundle.existingSecret))) 1 -}}
{{- fail "caBundle: set one of pem, existingConfigMap and existingSecret" -}}
{{- end -}}
{{- if and $v.proxy.httpsProxy $v.proxy.existingSecret -}}
{{- fail "proxy: set one of httpsProxy and existingSecret" -}}
{{- end -}}
{{- if contains "@" $v.proxy.httpsProxy -}}
{{- fail "proxy.httpsProxy: a URL with a login belongs into a Secret, under the key httpsProxy: name that in proxy.existingSecret instead" -}}
{{- end -}}
{{- $own := list "NODE_IP" -}}
{{- if include "registry-push-check.proxied" . -}}
{{- $own = list "NODE_IP" "HTTPS_PROXY" "https_proxy" "NO_PROXY" "no_proxy" -}}
{{- end -}}
{{- range $v.extraEnv -}}
{{- if has .name $own -}}
{{- fail (printf "extraEnv: the chart sets %s itself: remove it (a proxy is set by proxy.httpsProxy or proxy.existingSecret, and proxy.noProxy)" .name) -}}
{{- end -}}
{{- end -}}
{{- if and $v.metrics.serviceMonitor.enabled (eq (include "registry-push-check.port" .) "0") -}}
{{- fail "metrics.serviceMonitor: there is nothing to scrape while config.server.port is 0" -}}
{{- end -}}
{{- end -}}
