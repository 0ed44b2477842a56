// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"
	"maps"
	"sync"

	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// ConfigWatch is the components of a type, kept up to date. While Quoin cannot be reached it goes
// on with what it knew last: Stale says so, AsOf since when. Reading never blocks. Close it, or the
// client, when it is not needed any more.
type ConfigWatch struct {
	watch
	typeName string
	revision *int64

	state     sync.RWMutex
	known     map[string]*configv1.Configuration // never changed, only replaced
	listeners []func(*configv1.Configuration)
}

// Watch keeps the components of a type in memory.
func (c *Config) Watch(typeName string) *ConfigWatch {
	w := &ConfigWatch{watch: watch{client: c.client}, typeName: typeName}
	begin(&w.watch, func(ctx context.Context) iter.Seq2[*configv1.WatchResponse, error] {
		return follow(ctx, c.client, configv1.Config_Watch_FullMethodName, w.broken,
			func(ctx context.Context) (grpc.ServerStreamingClient[configv1.WatchResponse], error) {
				return c.stub.Watch(ctx, &configv1.WatchRequest{Type: typeName, Revision: w.revision})
			})
	}, w.take)
	return w
}

// Get is a component as it is known, nil when there is none or nothing is known yet. Do not change
// it.
func (w *ConfigWatch) Get(component string) *configv1.Configuration { return w.All()[component] }

// All is all components by name, as they are known. Do not change it; it does not change, either.
func (w *ConfigWatch) All() map[string]*configv1.Configuration {
	w.state.RLock()
	defer w.state.RUnlock()
	return w.known
}

// OnChange has a function told every component that came, changed or went (its Deleted is set): one
// at a time, from now on, not those that are known already. It must not block.
func (w *ConfigWatch) OnChange(listener func(*configv1.Configuration)) {
	w.state.Lock()
	defer w.state.Unlock()
	w.listeners = append(w.listeners, listener)
}

func (w *ConfigWatch) take(message *configv1.WatchResponse) {
	switch told := message.GetEvent().(type) {
	case *configv1.WatchResponse_Snapshot_:
		w.replace(told.Snapshot)
	case *configv1.WatchResponse_Changes_:
		now := maps.Clone(w.All())
		for _, changed := range told.Changes.GetConfigurations() {
			if changed.GetDeleted() {
				delete(now, changed.GetComponent())
			} else {
				now[changed.GetComponent()] = changed
			}
		}
		w.revision = told.Changes.Revision
		w.told(told.Changes.GetAsOf(), false)
		w.know(now, told.Changes.GetConfigurations())
	case *configv1.WatchResponse_Heartbeat_:
		w.revision = told.Heartbeat.Revision
		w.told(told.Heartbeat.GetAsOf(), told.Heartbeat.GetStale())
	}
}

func (w *ConfigWatch) replace(snapshot *configv1.WatchResponse_Snapshot) {
	before, now := w.All(), map[string]*configv1.Configuration{}
	var changes []*configv1.Configuration
	for _, one := range snapshot.GetConfigurations() {
		now[one.GetComponent()] = one
		if !proto.Equal(one, before[one.GetComponent()]) {
			changes = append(changes, one)
		}
	}
	for component, one := range before {
		if now[component] == nil {
			gone := proto.Clone(one).(*configv1.Configuration)
			gone.Value, gone.Deleted = nil, proto.Bool(true)
			changes = append(changes, gone)
		}
	}
	w.revision = snapshot.Revision
	w.told(snapshot.GetAsOf(), false)
	w.know(now, changes)
	w.complete()
}

func (w *ConfigWatch) know(now map[string]*configv1.Configuration, changes []*configv1.Configuration) {
	w.state.Lock()
	w.known = now
	listeners := w.listeners
	w.state.Unlock()
	for _, change := range changes {
		for _, listener := range listeners {
			w.client.call("OnChange", func() { listener(change) })
		}
	}
}
