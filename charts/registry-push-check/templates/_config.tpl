{{/* The data of the operator's ConfigMap: its configuration as the values have it, with what the chart knows. */}}
{{- define "registry-push-check.configData" -}}
config.yaml: |
  {{- include "registry-push-check.config" . | nindent 2 }}
{{- with .Values.caBundle.pem }}
ca.crt: |
  {{- . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "registry-push-check.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $_ := set $config "watchNamespaces" .Values.watchNamespaces -}}
{{- if include "registry-push-check.caSource" . -}}
{{- $_ := set $config "caBundle" "/etc/registry-push-check/ca/ca.crt" -}}
{{- end -}}
{{- if and (include "registry-push-check.ociEnabled" .) .Values.oci.existingSecret -}}
{{- $binding := dict "namespace" .Release.Namespace "secret" .Values.oci.existingSecret "registry" (include "registry-push-check.ociHost" .) -}}
{{- $_ := set $config "bindings" (append ($config.bindings | default list) $binding) -}}
{{- else if include "registry-push-check.ociEnabled" . -}}
{{- /* Without a login, only a trusted registry is asked at a private address. */ -}}
{{- with include "registry-push-check.ociHost" . -}}
{{- $policy := $config.policy | default dict -}}
{{- $_ := set $policy "trustedRegistries" (append ($policy.trustedRegistries | default list) . | uniq) -}}
{{- $_ := set $config "policy" $policy -}}
{{- end -}}
{{- end -}}
{{ toYaml $config }}
{{- end -}}

{{/* The projected source of the CA bundle, or nothing. */}}
{{- define "registry-push-check.caSource" -}}
{{- with .Values.caBundle -}}
{{- if .pem -}}
configMap:
  name: {{ include "registry-push-check.fullname" $ }}
  items: [{key: ca.crt, path: ca/ca.crt}]
{{- else if .existingConfigMap -}}
configMap:
  name: {{ .existingConfigMap | quote }}
  items: [{key: {{ .key | quote }}, path: ca/ca.crt}]
{{- else if .existingSecret -}}
secret:
  name: {{ .existingSecret | quote }}
  items: [{key: {{ .key | quote }}, path: ca/ca.crt}]
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Whether the values name a proxy: "true" or nothing. */}}
{{- define "registry-push-check.proxied" -}}
{{- if or .Values.proxy.httpsProxy .Values.proxy.existingSecret }}true{{ end -}}
{{- end -}}

{{- define "registry-push-check.port" -}}
{{- dig "server" "port" 8080 .Values.config -}}
{{- end -}}
