{{- define "quoin.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "quoin.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains (include "quoin.name" .) .Release.Name }}
{{- .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name (include "quoin.name" .) | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{- define "quoin.selectorLabels" -}}
app.kubernetes.io/name: {{ include "quoin.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "quoin.labels" -}}
{{ include "quoin.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "quoin.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "quoin.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* Whether callers have to say who they are: "true" or nothing. */}}
{{- define "quoin.identity" -}}
{{- with .Values.access }}
{{- if or .tokens.existingSecret .jwt.url .jwt.existingConfigMap (and $.Values.tls.existingSecret $.Values.tls.requireClientCertificates) -}}
true
{{- end }}
{{- end }}
{{- end }}

{{/* The settings of the server: what the values of the chart decide, over what the user adds. */}}
{{- define "quoin.config" -}}
{{- $own := dict
  "host" "0.0.0.0"
  "port" (int .Values.service.port)
  "metrics-host" "0.0.0.0"
  "metrics-port" (int .Values.metrics.port)
  "http-port" (ternary (int .Values.http.port) 0 .Values.http.enabled)
  "drain-timeout" (printf "%ds" (int .Values.drainSeconds)) }}
{{- if .Values.http.enabled }}
{{- $name := include "quoin.fullname" . }}
{{- $names := list $name (printf "%s.%s" $name .Release.Namespace) (printf "%s.%s.svc" $name .Release.Namespace) (printf "%s.%s.svc.cluster.local" $name .Release.Namespace) }}
{{- $_ := set $own "http-hosts" (concat $names .Values.http.hosts | join ",") }}
{{- if .Values.http.origins }}
{{- $_ := set $own "http-origins" (join "," .Values.http.origins) }}
{{- end }}
{{- end }}
{{- if .Values.tls.existingSecret }}
{{- $_ := set $own "tls-certificate" "/etc/quoin/tls/tls.crt" }}
{{- $_ := set $own "tls-key" "/etc/quoin/tls/tls.key" }}
{{- if .Values.tls.requireClientCertificates }}
{{- $_ := set $own "tls-client-authorities" "/etc/quoin/tls/ca.crt" }}
{{- end }}
{{- end }}
{{- /* Reached from other pods: without TLS, or by whoever comes, only if that is meant. */}}
{{- if not (and .Values.tls.existingSecret (include "quoin.identity" .)) }}
{{- $_ := set $own "insecure" true }}
{{- end }}
{{- with .Values.access }}
{{- if .tokens.existingSecret }}
{{- $_ := set $own "tokens" (printf "/etc/quoin/tokens/%s" .tokens.key) }}
{{- end }}
{{- if or .jwt.url .jwt.existingConfigMap }}
{{- $_ := set $own "jwt-keys" (.jwt.url | default (printf "/etc/quoin/jwt/%s" .jwt.key)) }}
{{- $_ := set $own "jwt-issuer" (required "access.jwt.issuer is needed" .jwt.issuer) }}
{{- $_ := set $own "jwt-audience" (required "access.jwt.audience is needed" .jwt.audience) }}
{{- $_ := set $own "jwt-principal-claim" .jwt.principalClaim }}
{{- end }}
{{- if .policy }}
{{- if not (include "quoin.identity" $) }}
{{- fail "access.policy needs access.tokens, access.jwt or tls.requireClientCertificates" }}
{{- end }}
{{- $_ := set $own "policy" "/etc/quoin/config/policy.yaml" }}
{{- end }}
{{- end }}
{{- if not .Values.redis.existingSecret.name }}
{{- $_ := set $own "redis" .Values.redis.uri }}
{{- end }}
{{- range $name, $value := merge $own .Values.config }}
{{- /* Helm reads numbers as floating point, and would write big ones as such. */}}
{{ $name }}: {{ kindIs "float64" $value | ternary (int64 $value) $value | toString | quote }}
{{- end }}
{{- end }}
