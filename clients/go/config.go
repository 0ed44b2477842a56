// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"maps"
	"slices"

	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
	"google.golang.org/protobuf/proto"
)

// Config provides versioned configuration, maintenance switches and service discovery.
//
// What changes seldom and is read often is best watched: [Config.Watch] and [Config.WatchService]
// keep it in memory, up to date, and keep serving what they last knew while Quoin cannot be reached.
// [Config.Announce] makes an instance of a service known.
//
// Watch, WatchService and Announce stand in the place of the RPCs they drive, which remain at
// ConfigClient. The other RPCs are methods of this type.
type Config struct {
	configv1.ConfigClient
	core *clientCore
}

// ConfigWatch is the components of a type, kept up to date.
type ConfigWatch struct {
	*cache[map[string]*configv1.Configuration, *configv1.Configuration]
}

// Watch keeps the components of a type in memory.
func (c *Config) Watch(typeName string) *ConfigWatch {
	return &ConfigWatch{startCache(
		&resumableStream[*configv1.WatchRequest, configv1.WatchResponse]{
			core: c.core, open: c.ConfigClient.Watch,
			request: &configv1.WatchRequest{Type: typeName},
		}, components)}
}

// Get is a component as it is known, nil when there is none or nothing is known yet. Do not change
// it.
func (w *ConfigWatch) Get(component string) *configv1.Configuration { return w.All()[component] }

// All is all components by name, as they are known. Do not change the map; it does not change, either.
func (w *ConfigWatch) All() map[string]*configv1.Configuration { return w.value() }

// OnChange has a function called with every component that came, changed or went (its Deletion is
// set): one at a time, from now on, not with those that are known already. It must not block.
func (w *ConfigWatch) OnChange(listener func(*configv1.Configuration)) { w.listen(listener) }

// components are those of a type after a response, and which of them changed.
func components(
	response *configv1.WatchResponse, before map[string]*configv1.Configuration,
) (now map[string]*configv1.Configuration, changes []*configv1.Configuration) {
	switch event := response.GetEvent().(type) {
	case *configv1.WatchResponse_Snapshot_:
		now = map[string]*configv1.Configuration{}
		for _, one := range event.Snapshot.GetConfigurations() {
			now[one.GetComponent()] = one
			if !proto.Equal(one, before[one.GetComponent()]) {
				changes = append(changes, one)
			}
		}
		for component, one := range before {
			if now[component] == nil {
				gone := proto.Clone(one).(*configv1.Configuration)
				gone.Value, gone.Deletion = nil, proto.Bool(true)
				changes = append(changes, gone)
			}
		}
		return now, changes
	case *configv1.WatchResponse_Changes_:
		now = maps.Clone(before)
		for _, changed := range event.Changes.GetConfigurations() {
			if changed.GetDeletion() {
				delete(now, changed.GetComponent())
			} else {
				now[changed.GetComponent()] = changed
			}
		}
		return now, event.Changes.GetConfigurations()
	default:
		return before, nil
	}
}

// ServiceWatch is the instances of a service, kept up to date.
type ServiceWatch struct {
	*cache[[]*configv1.Instance, []*configv1.Instance]
}

// WatchService keeps the instances of a service in memory.
func (c *Config) WatchService(service string) *ServiceWatch {
	return &ServiceWatch{startCache(
		&resumableStream[*configv1.WatchServiceRequest, configv1.WatchServiceResponse]{
			core: c.core, open: c.ConfigClient.WatchService,
			request: &configv1.WatchServiceRequest{Service: service},
		}, instances)}
}

// Instances is all instances as they are known, in the order of their names. Do not change the
// slice; it does not change, either.
func (w *ServiceWatch) Instances() []*configv1.Instance { return w.value() }

// Serving is the instances that take new work: those that do not drain.
func (w *ServiceWatch) Serving() []*configv1.Instance {
	return slices.DeleteFunc(slices.Clone(w.Instances()), (*configv1.Instance).GetDraining)
}

// OnChange has a function called with all instances after every change from now on, one change at a
// time. It must not block.
func (w *ServiceWatch) OnChange(listener func([]*configv1.Instance)) { w.listen(listener) }

// instances are those of a service after a response; every change has all of them.
func instances(
	response *configv1.WatchServiceResponse, before []*configv1.Instance,
) (now []*configv1.Instance, changes [][]*configv1.Instance) {
	var come []*configv1.Instance
	var gone []string
	switch event := response.GetEvent().(type) {
	case *configv1.WatchServiceResponse_Snapshot_:
		before, come = nil, event.Snapshot.GetInstances()
	case *configv1.WatchServiceResponse_Changes_:
		come, gone = event.Changes.GetInstances(), event.Changes.GetGone()
	default:
		return before, nil
	}
	byName := map[string]*configv1.Instance{}
	for _, instance := range slices.Concat(before, come) {
		byName[instance.GetInstance()] = instance
	}
	for _, name := range gone {
		delete(byName, name)
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		now = append(now, byName[name])
	}
	return now, [][]*configv1.Instance{now}
}
