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

{{/* The settings of the server: what the values of the chart decide, over what the user adds. */}}
{{- define "quoin.config" -}}
{{- $own := dict
  "host" "0.0.0.0"
  "port" (int .Values.service.port)
  "metrics-host" "0.0.0.0"
  "metrics-port" (int .Values.metrics.port)
  "drain-timeout" (printf "%ds" (int .Values.drainSeconds)) }}
{{- if .Values.tls.existingSecret }}
{{- $_ := set $own "tls-certificate" "/etc/quoin/tls/tls.crt" }}
{{- $_ := set $own "tls-key" "/etc/quoin/tls/tls.key" }}
{{- if .Values.tls.requireClientCertificates }}
{{- $_ := set $own "tls-client-authorities" "/etc/quoin/tls/ca.crt" }}
{{- end }}
{{- else }}
{{- $_ := set $own "insecure" true }}
{{- end }}
{{- if not .Values.redis.existingSecret.name }}
{{- $_ := set $own "redis" .Values.redis.uri }}
{{- end }}
{{- range $name, $value := merge $own .Values.config }}
{{- /* Helm reads numbers as floating point, and would write big ones as such. */}}
{{ $name }}: {{ kindIs "float64" $value | ternary (int64 $value) $value | toString | quote }}
{{- end }}
{{- end }}
