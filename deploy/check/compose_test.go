// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

var composeFiles = []string{"../compose.yaml", "../compose.cluster.yaml"}

// load reads a file as docker compose does: schema, interpolation, references, all.
func load(t *testing.T, file string) *types.Project {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{file}, cli.WithInterpolation(true), cli.WithConsistency(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return project
}

func isQuoin(service types.ServiceConfig) bool { return service.Build != nil }

func TestComposeGivesQuoinOnlySettingsThereAre(t *testing.T) {
	for _, file := range composeFiles {
		found := 0
		for _, service := range load(t, file).Services {
			for variable := range service.Environment {
				if found++; !isSetting(t, variable) {
					t.Errorf("%s: %s is no setting", file, variable)
				}
			}
		}
		if found == 0 {
			t.Errorf("%s sets nothing", file)
		}
	}
}

func TestComposeBuildsTheImageFromTheRepository(t *testing.T) {
	for _, file := range composeFiles {
		for _, service := range load(t, file).Services {
			if isQuoin(service) {
				read(t, service.Build.Context+"/pom.xml")
				read(t, service.Build.Context+"/"+service.Build.Dockerfile)
			} else if _, tag, _ := strings.Cut(service.Image, ":"); tag == "" || tag == "latest" {
				t.Errorf("%s: the image of %s has no version", file, service.Name)
			}
		}
	}
}

func TestComposeStopsQuoinAfterItsDrain(t *testing.T) {
	for _, file := range composeFiles {
		for _, service := range load(t, file).Services {
			if isQuoin(service) && (service.StopGracePeriod == nil || time.Duration(*service.StopGracePeriod) < 15*time.Second) {
				t.Errorf("%s: %s is killed while it drains", file, service.Name)
			}
		}
	}
}

func TestComposePublishesOnLoopbackOnly(t *testing.T) {
	for _, file := range composeFiles {
		taken := map[string]bool{}
		for _, service := range load(t, file).Services {
			for _, port := range service.Ports {
				if port.HostIP != "127.0.0.1" || taken[port.Published] {
					t.Errorf("%s: %s publishes %s:%s", file, service.Name, port.HostIP, port.Published)
				}
				taken[port.Published] = true
			}
		}
		if !taken["7400"] || !taken["7401"] || !taken["7402"] {
			t.Errorf("%s does not publish 7400, 7401 and 7402", file)
		}
	}
}

func TestComposeWaitsForRedis(t *testing.T) {
	quoin := load(t, "../compose.yaml").Services["quoin"]
	if quoin.DependsOn["redis"].Condition != types.ServiceConditionHealthy {
		t.Error("quoin does not wait for redis")
	}
	if uri := quoin.Environment["QUOIN_REDIS"]; uri == nil || *uri != "redis://redis:6379" {
		t.Errorf("quoin uses %v", uri)
	}
}

func TestComposeKeepsTheDataOfEveryRedis(t *testing.T) {
	for _, file := range composeFiles {
		project := load(t, file)
		for _, service := range project.Services {
			if len(service.Command) == 0 || service.Command[0] != "redis-server" {
				continue
			}
			command := strings.Join(service.Command, " ")
			if !strings.Contains(command, "--appendonly yes") || !strings.Contains(command, "--maxmemory-policy noeviction") {
				t.Errorf("%s: %s may lose data: %s", file, service.Name, command)
			}
			if len(service.Volumes) != 1 || service.Volumes[0].Target != "/data" || service.Volumes[0].Source != service.Name {
				t.Errorf("%s: %s has no volume of its own: %v", file, service.Name, service.Volumes)
			}
		}
	}
}

func TestComposeClusterHasSixNodesAtTheAddressesItIsMadeOf(t *testing.T) {
	project := load(t, "../compose.cluster.yaml")
	create := strings.Join(project.Services["cluster"].Command, " ")
	for number := 1; number <= 6; number++ {
		name := fmt.Sprintf("redis-%d", number)
		node, found := project.Services[name]
		if !found {
			t.Fatalf("there is no %s", name)
		}
		address := node.Networks["cluster"].Ipv4Address
		if !strings.Contains(create, address+":6379") {
			t.Errorf("%s at %s is not put into the cluster", name, address)
		}
		if project.Services["cluster"].DependsOn[name].Condition != types.ServiceConditionHealthy {
			t.Errorf("the cluster is made before %s is there", name)
		}
	}
	for _, name := range []string{"quoin-1", "quoin-2"} {
		quoin := project.Services[name]
		if quoin.DependsOn["cluster"].Condition != types.ServiceConditionCompletedSuccessfully {
			t.Errorf("%s does not wait for the cluster", name)
		}
		for _, node := range strings.Split(strings.TrimPrefix(*quoin.Environment["QUOIN_REDIS"], "redis-cluster://"), ",") {
			if !strings.Contains(create, node) {
				t.Errorf("%s starts from %s, which is no node", name, node)
			}
		}
	}
}
