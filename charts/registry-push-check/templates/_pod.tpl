{{/* What the operator's pod and that of the CRD hook have in common. */}}
{{- define "registry-push-check.podSpec" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  {{- include "registry-push-check.securityContext" (list . .Values.podSecurityContext) | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- end -}}

{{/* The image's entry point holds node, its flags and dist/cli.js: only arguments are given here. */}}
{{- define "registry-push-check.container" -}}
image: {{ include "registry-push-check.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  {{- include "registry-push-check.securityContext" (list . .Values.securityContext) | nindent 2 }}
resources:
  {{- toYaml .Values.resources | nindent 2 }}
{{- end -}}

{{/* OpenShift gives each namespace users and groups of its own, and refuses others. */}}
{{- define "registry-push-check.securityContext" -}}
{{- $root := index . 0 -}}
{{- $context := index . 1 -}}
{{- if $root.Values.openshift }}{{ $context = omit $context "runAsUser" "runAsGroup" "fsGroup" }}{{ end -}}
{{- toYaml $context -}}
{{- end -}}
