{{/* What the operator may do with checks. Nothing is ever listed here by a wildcard. */}}
{{- define "registry-push-check.checkRules" -}}
- apiGroups: [doctor.stella-ops.org]
  resources: [registrypushchecks]
  verbs: [get, list, watch]
- apiGroups: [doctor.stella-ops.org]
  resources: [registrypushchecks/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create, patch]
{{- end -}}

{{/*
The namespaces whose Secrets the operator may read, each with the names of these, as a map; no names mean all of the namespace.
Nothing for the mode `cluster`.
*/}}
{{- define "registry-push-check.readable" -}}
{{- $readable := dict -}}
{{- $oci := and (include "registry-push-check.ociEnabled" .) .Values.oci.existingSecret -}}
{{- if eq .Values.rbac.secrets "namespaced" -}}
{{- range .Values.rbac.secretNamespaces | default .Values.watchNamespaces | default (list .Release.Namespace) -}}
{{- $_ := set $readable . list -}}
{{- end -}}
{{- if $oci }}{{ $_ := set $readable .Release.Namespace list }}{{ end -}}
{{- else if eq .Values.rbac.secrets "named" -}}
{{- range .Values.rbac.namedSecrets -}}
{{- $_ := set $readable .namespace (concat (get $readable .namespace | default list) .names | uniq) -}}
{{- end -}}
{{- if $oci -}}
{{- $_ := set $readable .Release.Namespace (append (get $readable .Release.Namespace | default list) $oci | uniq) -}}
{{- end -}}
{{- end -}}
{{- toYaml $readable -}}
{{- end -}}

{{- define "registry-push-check.subject" -}}
subjects:
  - kind: ServiceAccount
    name: {{ include "registry-push-check.serviceAccount" . }}
    namespace: {{ .Release.Namespace }}
{{- end -}}

{{/* Whether the hook that keeps the CRD current is rendered: it needs a ClusterRole. */}}
{{- define "registry-push-check.hookEnabled" -}}
{{- if and .Values.crds.hook.enabled .Values.rbac.create (not .Values.watchNamespaces) }}true{{ end -}}
{{- end -}}
