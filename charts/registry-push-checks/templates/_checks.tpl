{{/* One map over another, key by key; unlike sprig's merge, an empty value or false replaces, too. */}}
{{- define "registry-push-checks.over" -}}
{{- $merged := dict -}}
{{- range $map := . -}}
{{- range $key, $value := $map -}}
{{- $_ := set $merged $key $value -}}
{{- end -}}
{{- end -}}
{{- toYaml $merged -}}
{{- end -}}

{{/* Spec of a check over the default one. The API refuses interval beside schedule: the default of the two that the check did not choose goes. */}}
{{- define "registry-push-checks.spec" -}}
{{- $defaults := index . 0 | default dict -}}
{{- $own := index . 1 | default dict -}}
{{- if hasKey $own "schedule" }}{{ $defaults = omit $defaults "interval" }}{{ end -}}
{{- if hasKey $own "interval" }}{{ $defaults = omit $defaults "schedule" "timeZone" }}{{ end -}}
{{- include "registry-push-checks.over" (list $defaults $own) -}}
{{- end -}}

{{- define "registry-push-checks.labels" -}}
{{- $root := index . 0 -}}
{{- $standard := dict
  "app.kubernetes.io/name" $root.Chart.Name
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/managed-by" $root.Release.Service
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
-}}
{{- include "registry-push-checks.over" (list (index . 1) (index . 2) $standard) -}}
{{- end -}}
