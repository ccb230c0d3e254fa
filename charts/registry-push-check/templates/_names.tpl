{{/* Names and labels. Suffixes such as -secrets follow the full name: 55 characters leave room for them within 63. */}}
{{- define "registry-push-check.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 55 | trimSuffix "-" -}}
{{- end -}}

{{- define "registry-push-check.fullname" -}}
{{- $name := .Values.nameOverride | default .Chart.Name -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $full | trunc 55 | trimSuffix "-" -}}
{{- end -}}

{{- define "registry-push-check.serviceAccount" -}}
{{- $own := ternary (include "registry-push-check.fullname" .) "default" .Values.serviceAccount.create -}}
{{- .Values.serviceAccount.name | default $own -}}
{{- end -}}

{{- define "registry-push-check.selectorLabels" -}}
app.kubernetes.io/name: {{ include "registry-push-check.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "registry-push-check.labels" -}}
{{ include "registry-push-check.selectorLabels" . }}
{{ include "registry-push-check.releaseLabels" . }}
{{- end -}}

{{- define "registry-push-check.releaseLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{- define "registry-push-check.image" -}}
{{- with .Values.image -}}
{{- with .registry }}{{ . }}/{{ end -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end -}}
