{{- define "tenantry.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "tenantry.labels" -}}
app.kubernetes.io/name: tenantry
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "tenantry.selector" -}}
app.kubernetes.io/name: tenantry
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- /* Names what is missing when the chart is rendered, not when the pod starts. */ -}}
{{- define "tenantry.check" -}}
{{- $_ := required "publicUrl is required: where people and Microsoft reach Tenantry, https://…" .Values.publicUrl -}}
{{- if not .Values.trustedProxies }}{{ fail "trustedProxies is required: addresses or networks of the ingress controller" }}{{ end -}}
{{- $_ := required "partner.name is required: how customers see you" .Values.partner.name -}}
{{- $_ := required "partner.tenantId is required: your own Entra tenant" .Values.partner.tenantId -}}
{{- $_ := required "registration.clientId is required: the app registration" .Values.registration.clientId -}}
{{- $_ := required "database.existingSecret is required: a Secret with DATABASE_URL" .Values.database.existingSecret -}}
{{- $_ := required "secretKey.existingSecret is required: a Secret with TENANTRY_SECRET_KEY" .Values.secretKey.existingSecret -}}
{{- if ne .Values.credential.kind "none" -}}
{{- $_ := required "credential.existingSecret is required: a Secret with the certificate or the client secret" .Values.credential.existingSecret -}}
{{- end -}}
{{- end }}

{{- define "tenantry.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{- define "tenantry.env" -}}
- name: DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.database.existingSecret }}, key: {{ .Values.database.key }} } }
- name: TENANTRY_DATABASE_TLS
  value: {{ .Values.database.tls | quote }}
{{- if .Values.database.directExistingSecret }}
- name: TENANTRY_DATABASE_DIRECT_URL
  valueFrom: { secretKeyRef: { name: {{ .Values.database.directExistingSecret }}, key: {{ .Values.database.directKey }} } }
{{- end }}
- name: TENANTRY_DATABASE_CONNECTIONS
  value: {{ .Values.database.connections | quote }}
- name: TENANTRY_SECRET_KEY
  valueFrom: { secretKeyRef: { name: {{ .Values.secretKey.existingSecret }}, key: {{ .Values.secretKey.key }} } }
# A folder that Tenantry makes itself, since the volume's own is open to everybody in the pod.
- name: TENANTRY_DATA_DIR
  value: /data/tenantry
- name: TENANTRY_PUBLIC_URL
  value: {{ .Values.publicUrl | quote }}
- name: TENANTRY_TRUSTED_PROXIES
  value: {{ join "," .Values.trustedProxies | quote }}
- name: TENANTRY_PARTNER_NAME
  value: {{ .Values.partner.name | quote }}
- name: TENANTRY_PARTNER_TENANT_ID
  value: {{ .Values.partner.tenantId | quote }}
- name: TENANTRY_CLIENT_ID
  value: {{ .Values.registration.clientId | quote }}
{{- if eq .Values.credential.kind "certificate" }}
- name: TENANTRY_CLIENT_CERTIFICATE_FILE
  value: /run/secrets/tenantry/client.pem
{{- else if eq .Values.credential.kind "clientSecret" }}
- name: TENANTRY_CLIENT_SECRET
  valueFrom: { secretKeyRef: { name: {{ .Values.credential.existingSecret }}, key: {{ .Values.credential.key }} } }
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "tenantry.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "tenantry.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{- define "tenantry.mounts" -}}
- { name: data, mountPath: /data }
- { name: tmp, mountPath: /tmp }
{{- if eq .Values.credential.kind "certificate" }}
- { name: credential, mountPath: /run/secrets/tenantry, readOnly: true }
{{- end }}
{{- end }}

{{- define "tenantry.volumes" -}}
# With DATABASE_URL and TENANTRY_SECRET_KEY set, only caches are kept here.
- name: data
  emptyDir: { sizeLimit: 4Gi }
- name: tmp
  emptyDir: { sizeLimit: 1Gi }
{{- if eq .Values.credential.kind "certificate" }}
- name: credential
  secret:
    secretName: {{ .Values.credential.existingSecret }}
    items: [{ key: {{ .Values.credential.key }}, path: client.pem }]
{{- end }}
{{- end }}
