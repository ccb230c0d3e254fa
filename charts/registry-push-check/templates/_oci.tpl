{{/* The check of `oci`: whether it is rendered ("true" or nothing), and the host that its Secret may be sent to. */}}
{{- define "registry-push-check.ociEnabled" -}}
{{- $enabled := .Values.oci.enabled | toString -}}
{{- if or (eq $enabled "true") (and (eq $enabled "auto") .Values.oci.registryUrl) }}true{{ end -}}
{{- end -}}

{{/*
host or host:port of oci.registryUrl in the one form that the operator takes (WHATWG URL), or nothing where it is none. What is
wrong with a URL is for the API server to say: no message of ours repeats it, since it may hold a password.
*/}}
{{- define "registry-push-check.ociHost" -}}
{{- $host := regexReplaceAll "/.*$" (regexReplaceAll "^https?://" .Values.oci.registryUrl "") "" | lower -}}
{{- $bare := regexReplaceAll ":[0-9]+$" $host "" -}}
{{- $port := regexFind ":[0-9]+$" $host | trimPrefix ":" -}}
{{- $label := "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?" -}}
{{- $byte := "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])" -}}
{{- if or (hasPrefix "0" $port) (gt (len $port) 5) (gt (atoi $port) 65535) (gt (len $bare) 253) -}}
{{- else if not (regexMatch "^[^:]+$|^\\[[0-9a-f:]+\\]$" $bare) -}}
{{- else if hasPrefix "[" $bare -}}
{{- if include "registry-push-check.isShortestIPv6" $bare }}{{ $host }}{{ end -}}
{{- else if regexMatch "(^|\\.)([0-9]+|0x[0-9a-f]*)$" $bare -}}
{{- if regexMatch (printf "^%s(\\.%s){3}$" $byte $byte) $bare }}{{ $host }}{{ end -}}
{{- else if regexMatch (printf "^%s(\\.%s)*$" $label $label) $bare -}}
{{ $host }}
{{- end -}}
{{- end -}}

{{/* An IPv6 address in brackets as RFC 5952 writes it: no leading zeros, the longest run of zeros as "::". */}}
{{- define "registry-push-check.isShortestIPv6" -}}
{{- $groups := regexFindAll "[0-9a-f]+" . -1 | len -}}
{{- $short := regexMatch "^[^:]*(:[^:]+)*::([^:]+:)*[^:]*$" . -}}
{{- $zeros := regexMatch "(\\[|:)(0(:0)+(:|\\])|0[0-9a-f]|[0-9a-f]{5})" . -}}
{{- if and (not $zeros) (or (and $short (le $groups 6)) (and (eq $groups 8) (not (contains "::" .)))) }}true{{ end -}}
{{- end -}}

{{/* The registry as "kubectl create secret docker-registry" takes it. */}}
{{- define "registry-push-check.loginServer" -}}
{{- $host := include "registry-push-check.ociHost" . -}}
{{- $hub := list "docker.io" "index.docker.io" "registry-1.docker.io" "registry.hub.docker.com" -}}
{{- if has $host $hub }}https://index.docker.io/v1/{{ else }}{{ $host }}{{ end -}}
{{- end -}}
