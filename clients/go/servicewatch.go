// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"
	"maps"
	"slices"
	"sync"

	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
	"google.golang.org/grpc"
)

// ServiceWatch is the instances of a service, kept up to date. While Quoin cannot be reached it goes
// on with what it knew last: Stale says so, AsOf since when. Reading never blocks. Close it, or the
// client, when it is not needed any more.
type ServiceWatch struct {
	watch
	revision *int64
	byName   map[string]*configv1.Instance

	state     sync.RWMutex
	known     []*configv1.Instance // never changed, only replaced
	listeners []func([]*configv1.Instance)
}

// WatchService keeps the instances of a service in memory.
func (c *Config) WatchService(service string) *ServiceWatch {
	w := &ServiceWatch{watch: watch{client: c.client}}
	begin(&w.watch, func(ctx context.Context) iter.Seq2[*configv1.WatchServiceResponse, error] {
		return follow(ctx, c.client, configv1.Config_WatchService_FullMethodName, w.broken,
			func(ctx context.Context) (grpc.ServerStreamingClient[configv1.WatchServiceResponse], error) {
				return c.stub.WatchService(ctx, &configv1.WatchServiceRequest{
					Service: service, Revision: w.revision,
				})
			})
	}, w.take)
	return w
}

// Instances is all instances as they are known, in the order of their names. Do not change it; it
// does not change, either.
func (w *ServiceWatch) Instances() []*configv1.Instance {
	w.state.RLock()
	defer w.state.RUnlock()
	return w.known
}

// Serving is the instances that take new work: those that do not drain.
func (w *ServiceWatch) Serving() []*configv1.Instance {
	return slices.DeleteFunc(slices.Clone(w.Instances()), (*configv1.Instance).GetDraining)
}

// OnChange has a function told all instances after every change from now on, one change at a time.
// It must not block.
func (w *ServiceWatch) OnChange(listener func([]*configv1.Instance)) {
	w.state.Lock()
	defer w.state.Unlock()
	w.listeners = append(w.listeners, listener)
}

func (w *ServiceWatch) take(message *configv1.WatchServiceResponse) {
	switch told := message.GetEvent().(type) {
	case *configv1.WatchServiceResponse_Snapshot_:
		w.byName = map[string]*configv1.Instance{}
		w.revision = told.Snapshot.Revision
		w.told(told.Snapshot.GetAsOf(), false)
		w.know(told.Snapshot.GetInstances())
		w.complete()
	case *configv1.WatchServiceResponse_Changes_:
		for _, gone := range told.Changes.GetGone() {
			delete(w.byName, gone)
		}
		w.revision = told.Changes.Revision
		w.told(told.Changes.GetAsOf(), false)
		w.know(told.Changes.GetInstances())
	case *configv1.WatchServiceResponse_Heartbeat_:
		w.revision = told.Heartbeat.Revision
		w.told(told.Heartbeat.GetAsOf(), told.Heartbeat.GetStale())
	}
}

func (w *ServiceWatch) know(more []*configv1.Instance) {
	for _, instance := range more {
		w.byName[instance.GetInstance()] = instance
	}
	all := make([]*configv1.Instance, 0, len(w.byName))
	for _, name := range slices.Sorted(maps.Keys(w.byName)) {
		all = append(all, w.byName[name])
	}
	w.state.Lock()
	w.known = all
	listeners := w.listeners
	w.state.Unlock()
	for _, listener := range listeners {
		w.client.call("OnChange", func() { listener(all) })
	}
}
