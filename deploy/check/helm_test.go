// SPDX-License-Identifier: Apache-2.0

package check

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

const chartFolder = "../helm/quoin"

// everything has a value for all that is off by default.
const everything = `
redis: {existingSecret: {name: redis, key: uri}}
tls: {existingSecret: certificate, requireClientCertificates: true}
access:
  tokens: {existingSecret: callers}
  jwt: {existingConfigMap: issuer, issuer: "https://issuer.example", audience: quoin}
  policy:
    roles: {worker: [{"*": write}]}
    bindings: [{role: worker, principals: [orders], namespaces: [shop]}]
config: {log-format: json, max-request-bytes: 16777216, allow-volatile-redis: true}
metrics: {serviceMonitor: {enabled: true, labels: {team: tools}}}
imagePullSecrets: [{name: registry}]
extraVolumes: [{name: authorities, secret: {secretName: redis-ca}}]
extraVolumeMounts: [{name: authorities, mountPath: /etc/quoin/redis}]
service: {annotations: {a: b}}
serviceAccount: {annotations: {a: b}}
podAnnotations: {a: b}
podLabels: {a: b}
nodeSelector: {a: b}
tolerations: [{key: a, operator: Exists}]
affinity: {podAntiAffinity: {}}
`

// objects are what a chart gives, decoded by the code of Kubernetes, which refuses unknown fields.
type objects struct {
	deployment     *apps.Deployment
	service        *core.Service
	configMap      *core.ConfigMap
	budget         *policy.PodDisruptionBudget
	account        *core.ServiceAccount
	serviceMonitor map[string]any
	notes          string
}

// template does what helm template does.
func template(values string) (map[string]string, error) {
	chart, err := loader.LoadDir(chartFolder)
	if err != nil {
		return nil, err
	}
	given, err := chartutil.ReadValues([]byte(values))
	if err != nil {
		return nil, err
	}
	release := chartutil.ReleaseOptions{Name: "blue", Namespace: "tools", Revision: 1, IsInstall: true}
	all, err := chartutil.ToRenderValues(chart, given, release, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, err
	}
	return engine.Engine{Strict: true}.Render(chart, all)
}

func render(t *testing.T, values string) *objects {
	t.Helper()
	files, err := template(values)
	if err != nil {
		t.Fatal(err)
	}
	found := &objects{}
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	for name, text := range files {
		if strings.HasSuffix(name, "NOTES.txt") {
			found.notes = text
			continue
		}
		if strings.HasSuffix(name, ".tpl") || strings.TrimSpace(text) == "" {
			continue
		}
		if strings.HasSuffix(name, "servicemonitor.yaml") {
			if err := yaml.UnmarshalStrict([]byte(text), &found.serviceMonitor); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			continue
		}
		object, _, err := decoder.Decode([]byte(text), nil, nil)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		found.take(t, object)
	}
	return found
}

func (o *objects) take(t *testing.T, object runtime.Object) {
	switch object := object.(type) {
	case *apps.Deployment:
		o.deployment = object
	case *core.Service:
		o.service = object
	case *core.ConfigMap:
		o.configMap = object
	case *policy.PodDisruptionBudget:
		o.budget = object
	case *core.ServiceAccount:
		o.account = object
	default:
		t.Fatalf("unexpected %T", object)
	}
}

func (o *objects) container(t *testing.T) core.Container {
	t.Helper()
	containers := o.deployment.Spec.Template.Spec.Containers
	if len(containers) != 1 {
		t.Fatalf("%d containers", len(containers))
	}
	return containers[0]
}

func (o *objects) config(t *testing.T) map[string]string {
	t.Helper()
	config := map[string]string{}
	if err := yaml.UnmarshalStrict([]byte(o.configMap.Data["quoin.yaml"]), &config); err != nil {
		t.Fatal(err)
	}
	return config
}

func TestChartSelectsItsPods(t *testing.T) {
	for _, values := range []string{"", everything, "fullnameOverride: q"} {
		o := render(t, values)
		pod := labels.Set(o.deployment.Spec.Template.Labels)
		for what, selector := range map[string]map[string]string{
			"deployment": o.deployment.Spec.Selector.MatchLabels,
			"service":    o.service.Spec.Selector,
			"budget":     o.budget.Spec.Selector.MatchLabels,
			"spread":     o.deployment.Spec.Template.Spec.TopologySpreadConstraints[0].LabelSelector.MatchLabels,
		} {
			if len(selector) < 2 || !labels.SelectorFromSet(selector).Matches(pod) {
				t.Errorf("the %s selects %v, the pods are %v", what, selector, pod)
			}
		}
	}
}

func TestChartsServiceGivesTheAddressOfEveryPodAndPortsThatExist(t *testing.T) {
	o := render(t, "service: {port: 9000}")
	if o.service.Spec.ClusterIP != core.ClusterIPNone {
		t.Error("the service is not headless")
	}
	ports := map[string]int32{}
	for _, port := range o.container(t).Ports {
		ports[port.Name] = port.ContainerPort
	}
	for _, port := range o.service.Spec.Ports {
		// A headless service has no ports of its own: callers use those of the pods.
		if ports[port.TargetPort.StrVal] != port.Port {
			t.Errorf("port %s is %d in the service and %d in the pods", port.Name, port.Port, ports[port.TargetPort.StrVal])
		}
	}
	if config := o.config(t); config["port"] != "9000" || config["metrics-port"] != "7401" || config["metrics-host"] != "0.0.0.0" {
		t.Errorf("the server listens elsewhere: %v", config)
	}
}

func TestChartServesHTTPUnderItsNamesOrNotAtAll(t *testing.T) {
	on := render(t, "http: {hosts: [q.example], origins: ['https://app.example']}")
	config := on.config(t)
	if config["http-port"] != "7402" || config["http-origins"] != "https://app.example" {
		t.Errorf("HTTP is served otherwise: %v", config)
	}
	for _, name := range []string{"quoin", ".svc", ".svc.cluster.local", "q.example"} {
		if !strings.Contains(config["http-hosts"], name) {
			t.Errorf("it is not asked for by %s: %s", name, config["http-hosts"])
		}
	}
	off := render(t, "http: {enabled: false}")
	if off.config(t)["http-port"] != "0" {
		t.Errorf("HTTP is served though it is switched off")
	}
	for _, port := range off.service.Spec.Ports {
		if port.Name == "http" {
			t.Errorf("the service has a port for HTTP")
		}
	}
}

func TestChartsProbesAskOverGrpcUnlessThereIsTls(t *testing.T) {
	plain := render(t, "").container(t)
	for what, probe := range map[string]*core.Probe{
		"liveness": plain.LivenessProbe, "readiness": plain.ReadinessProbe, "startup": plain.StartupProbe,
	} {
		if probe.GRPC == nil || probe.GRPC.Port != 7400 {
			t.Errorf("%s: %v", what, probe)
		}
	}
	if service := plain.ReadinessProbe.GRPC.Service; service != nil {
		t.Errorf("readiness asks for %v, not for the whole server", *service)
	}
	// A pod is not to be started anew because Redis is away.
	if service := plain.LivenessProbe.GRPC.Service; service == nil || *service != "liveness" {
		t.Error("liveness asks for the whole server")
	}
	secure := render(t, everything).container(t)
	ready := secure.ReadinessProbe.HTTPGet
	if ready == nil || ready.Path != "/ready" || ready.Port.StrVal != "metrics" {
		t.Errorf("with TLS: %v", secure.ReadinessProbe)
	}
	for _, probe := range []*core.Probe{secure.LivenessProbe, secure.StartupProbe} {
		if probe.TCPSocket == nil || probe.TCPSocket.Port.StrVal != "grpc" {
			t.Errorf("with TLS: %v", probe)
		}
	}
}

func TestChartsPodsHaveTimeToDrain(t *testing.T) {
	for values, seconds := range map[string]int64{"": 25, "{preStopSeconds: 0, drainSeconds: 60}": 70} {
		o := render(t, values)
		drain, err := time.ParseDuration(o.config(t)["drain-timeout"])
		if err != nil {
			t.Fatal(err)
		}
		grace := *o.deployment.Spec.Template.Spec.TerminationGracePeriodSeconds
		if grace != seconds || time.Duration(grace)*time.Second < drain+5*time.Second {
			t.Errorf("%q: %d s to end, %v to drain", values, grace, drain)
		}
	}
}

func TestChartsPodsMayDoNothingTheyNeedNot(t *testing.T) {
	o := render(t, "")
	pod, container := o.deployment.Spec.Template.Spec, o.container(t)
	if !*pod.SecurityContext.RunAsNonRoot || *pod.AutomountServiceAccountToken || *pod.EnableServiceLinks ||
		!*container.SecurityContext.ReadOnlyRootFilesystem || *container.SecurityContext.AllowPrivilegeEscalation ||
		container.SecurityContext.Capabilities.Drop[0] != "ALL" {
		t.Errorf("%+v %+v", pod.SecurityContext, container.SecurityContext)
	}
	if container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() {
		t.Error("no resources")
	}
	if pod.ServiceAccountName != o.account.Name {
		t.Errorf("runs as %s, not as %s", pod.ServiceAccountName, o.account.Name)
	}
}

func TestChartsPodsMountWhatTheServerReads(t *testing.T) {
	for _, values := range []string{"", everything} {
		o := render(t, values)
		volumes := map[string]bool{}
		for _, volume := range o.deployment.Spec.Template.Spec.Volumes {
			volumes[volume.Name] = true
		}
		var folders []string
		for _, mount := range o.container(t).VolumeMounts {
			if !volumes[mount.Name] {
				t.Errorf("there is no volume %s", mount.Name)
			}
			folders = append(folders, mount.MountPath+"/")
		}
		files := []string{o.container(t).Args[2]}
		for _, value := range o.config(t) {
			if strings.HasPrefix(value, "/") {
				files = append(files, value)
			}
		}
		for _, file := range files {
			if !strings.Contains(strings.Join(folders, " "), file[:strings.LastIndex(file, "/")+1]) {
				t.Errorf("%s is not mounted: %v", file, folders)
			}
		}
	}
}

func TestChartGivesTheServerOnlySettingsThereAre(t *testing.T) {
	for _, values := range []string{"", everything} {
		o := render(t, values)
		for name := range o.config(t) {
			if !settings(t)[name] {
				t.Errorf("%s is no setting", name)
			}
		}
		for _, variable := range o.container(t).Env {
			if !isSetting(t, variable.Name) {
				t.Errorf("%s is no setting", variable.Name)
			}
		}
	}
}

func TestChartTakesTheUriOfRedisFromASecretAndKeepsBigNumbersWhole(t *testing.T) {
	o := render(t, everything)
	if _, found := o.config(t)["redis"]; found {
		t.Error("the config has a URI, too")
	}
	if o.config(t)["max-request-bytes"] != "16777216" {
		t.Error(o.config(t)["max-request-bytes"])
	}
	for _, variable := range o.container(t).Env {
		if variable.Name == "QUOIN_REDIS" && variable.ValueFrom.SecretKeyRef.Name == "redis" {
			return
		}
	}
	t.Error("the secret is not used")
}

func TestChartsMonitorFindsTheService(t *testing.T) {
	o := render(t, everything)
	monitor, err := yaml.Marshal(o.serviceMonitor)
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"kind: ServiceMonitor", "port: metrics", "team: tools"} {
		if !strings.Contains(string(monitor), part) {
			t.Errorf("%s is not in\n%s", part, monitor)
		}
	}
	for name, value := range o.service.Spec.Selector {
		if o.service.Labels[name] != value || !strings.Contains(string(monitor), name+": "+value) {
			t.Errorf("%s of the service is not what the monitor looks for", name)
		}
	}
}

func TestChartRefusesValuesThatCannotWork(t *testing.T) {
	for _, values := range []string{
		"replicas: 3",
		"replicaCount: many",
		"redis: {uri: 'redis://user:password@redis:6379'}",
		"redis: {uri: 'redis:6379'}",
		"config: {port: 1}",
		"config: {log-level: [info]}",
		"drainSeconds: -1",
		"access: {policy: {roles: {}}}",
		"access: {tokens: {existingSecret: a}, policy: {role: {}}}",
		"access: {jwt: {url: 'https://issuer.example/keys'}}",
		"access: {jwt: {url: 'http://issuer.example/keys', issuer: a, audience: b}}",
		"config: {tokens: /a}",
	} {
		if _, err := template(values); err == nil {
			t.Errorf("%q is accepted", values)
		}
	}
}

func TestChartIsOpenToOthersOnlyWhenTheySayWhoTheyAre(t *testing.T) {
	const (
		encrypted = "tls: {existingSecret: a}"
		mutual    = "tls: {existingSecret: a, requireClientCertificates: true}"
		tokens    = "access: {tokens: {existingSecret: callers}}"
		jwt       = "access: {jwt: {url: 'https://issuer.example/keys', issuer: a, audience: b}}"
	)
	for values, insecure := range map[string]bool{
		"":                        true,
		encrypted:                 true,
		tokens:                    true,
		mutual:                    false,
		encrypted + "\n" + tokens: false,
		encrypted + "\n" + jwt:    false,
	} {
		o := render(t, values)
		if _, given := o.config(t)["insecure"]; given != insecure {
			t.Errorf("%q: insecure is %v", values, given)
		}
		warned := strings.Contains(o.notes, "Whoever reaches it may do everything")
		if open := values == "" || values == encrypted; warned != open {
			t.Errorf("%q: %s", values, o.notes)
		}
	}
	o := render(t, everything)
	if policy := o.configMap.Data["policy.yaml"]; !strings.Contains(policy, "- '*': write") {
		t.Errorf("the policy is %q", policy)
	}
	// The server reads it again by itself.
	other := render(t, strings.Replace(everything, "worker: [{\"*\": write}]", "worker: [{\"*\": read}]", 1))
	if o.configMap.Data["policy.yaml"] == other.configMap.Data["policy.yaml"] {
		t.Error("it does not follow the values")
	}
	if o.deployment.Spec.Template.Annotations["checksum/config"] != other.deployment.Spec.Template.Annotations["checksum/config"] {
		t.Error("another policy makes new pods")
	}
}

func TestChartSaysHowToConnect(t *testing.T) {
	if notes := render(t, "").notes; !strings.Contains(notes, "dns:///blue-quoin.tools.svc:7400") {
		t.Error(notes)
	}
}

func TestChartHasTheVersionOfTheProgram(t *testing.T) {
	chart, err := loader.LoadDir(chartFolder)
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`<version>(.*)</version>`).FindStringSubmatch(read(t, "../../pom.xml"))[1]
	if chart.Metadata.AppVersion != version || chart.Metadata.Version != version {
		t.Errorf("the chart is %s for %s, the program %s", chart.Metadata.Version, chart.Metadata.AppVersion, version)
	}
}
