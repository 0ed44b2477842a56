// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	"github.com/quoin-dev/quoin/clients/go/quointest"
)

// story is something that begins before a server is restarted, and is to end well after it.
type story struct {
	meanwhile func() // while the server is away; may be nil
	end       func(t *testing.T)
}

func TestEverythingGoesOnWhenItsServerRestarts(t *testing.T) {
	t.Parallel()
	server := quointest.Start(t)
	t.Run("an address can name several servers", func(t *testing.T) { severalServers(t, server) })
	client := dial(t, server.Address())
	stories := map[string]story{
		"a held lock":     heldLock(t, client),
		"a renewed lock":  renewedLock(t, client),
		"a worker":        worker(t, client),
		"a tail":          tail(t, client),
		"a subscription":  subscription(t, client),
		"a config watch":  configWatch(t, client),
		"an announcement": announcement(t, client),
		"recorders":       recorders(t, client),
	}

	must(t, server.Stop())
	for _, one := range stories {
		if one.meanwhile != nil {
			one.meanwhile()
		}
	}
	must(t, server.Start())

	for name, one := range stories {
		t.Run(name, one.end)
	}
}

// severalServers has two servers with a Redis each: only who asks both in turn gets the lock twice.
func severalServers(t *testing.T, server *quointest.Server) {
	both := dial(t, address(t)+", "+server.Address(), quoin.WithNamespace(freshName()))
	value[*quoin.Lock](t)(both.Locks.TryAcquire(limited(t), "report", lease))
	eventually(t, "the other server is asked", func() bool {
		_, err := both.Locks.TryAcquire(limited(t), "report", lease)
		return err == nil
	})
}

func heldLock(t *testing.T, client *quoin.Client) story {
	lock := value[*quoin.Lock](t)(client.Locks.Hold(limited(t), "leader", quoin.HoldOptions{Lease: time.Minute}))
	before := lock.ExpireTime()
	return story{end: func(t *testing.T) {
		eventually(t, "the stream goes on", func() bool { return lock.ExpireTime().After(before) })
		equal(t, "whether it is held", lock.Held(), true)
		must(t, lock.Release(limited(t)))
	}}
}

func renewedLock(t *testing.T, client *quoin.Client) story {
	lock := value[*quoin.Lock](t)(client.Locks.TryAcquire(limited(t), "report", time.Minute))
	return story{end: func(t *testing.T) {
		equal(t, "whether it is held", lock.Held(), true)
		must(t, lock.Release(limited(t)))
		equal(t, "what was lost", lock.Err(), nil)
	}}
}

func worker(t *testing.T, client *quoin.Client) story {
	began, goOn := make(chan int, 10), make(chan struct{})
	stop := work(t, client, quoin.WorkerOptions{
		Queues: []string{"mail"}, Lease: time.Minute,
		Handlers: handlers(func(_ context.Context, task *quoin.Task) ([]byte, error) {
			began <- task.Attempt()
			<-goOn
			return []byte("done"), nil
		}),
	})
	id := enqueue(t, client, quoin.NewTask("job", ""))
	comes(t, "the task", began)
	return story{
		meanwhile: func() { close(goOn) },
		end: func(t *testing.T) {
			end := value[*queuesv1.TaskStatus](t)(client.Queues.Wait(limited(t), "mail", id))
			equal(t, "result", string(end.GetResult()), "done")
			equal(t, "attempts", end.GetAttempts(), 1)
			must(t, stop())
		},
	}
}

func tail(t *testing.T, client *quoin.Client) story {
	writer := client.Logs.Writer("shop")
	writer.Log(logsv1.Severity_SEVERITY_INFO, "0")
	must(t, writer.Flush(limited(t)))
	heard := make(chan string, 100)
	go func() {
		for event, err := range client.Logs.Tail(t.Context(), quoin.TailOptions{Names: []string{"shop"}, Last: 10}) {
			if err != nil {
				return
			}
			heard <- event.Entry.GetText()
		}
	}()
	equal(t, "before", comes(t, "an entry", heard), "0")
	return story{
		meanwhile: func() {
			for i := range 20 {
				writer.Log(logsv1.Severity_SEVERITY_INFO, fmt.Sprint(i+1))
			}
		},
		end: func(t *testing.T) {
			for i := range 20 {
				equal(t, "after", comes(t, "an entry", heard), fmt.Sprint(i+1))
			}
			must(t, writer.Close())
			equal(t, "dropped", writer.Dropped(), 0)
		},
	}
}

func subscription(t *testing.T, client *quoin.Client) story {
	room := createChat(t, client, "0")
	heard := make(chan string, 100)
	go func() {
		for event, err := range client.Chat.Subscribe(t.Context(), "bob", quoin.SubscribeOptions{}) {
			if err != nil {
				return
			}
			if message := event.Message(); message != nil {
				heard <- message.GetBody()
			}
		}
	}()
	equal(t, "before", comes(t, "a message", heard), "0")
	return story{end: func(t *testing.T) {
		send(t, client, room, "1")
		equal(t, "after", comes(t, "a message", heard), "1")
	}}
}

func configWatch(t *testing.T, client *quoin.Client) story {
	setConfig(t, client.Config, "redis", "host", map[string]any{"is": "a"})
	watch := client.Config.Watch("redis")
	must(t, watch.Ready(limited(t)))
	known := func() any { return watch.Get("host").GetValue().AsMap()["is"] }
	return story{
		meanwhile: func() {
			eventually(t, "it is stale", watch.Stale)
			equal(t, "what is known", known(), "a")
		},
		end: func(t *testing.T) {
			setConfig(t, client.Config, "redis", "host", map[string]any{"is": "b"})
			eventually(t, "the change is known", func() bool { return known() == "b" && !watch.Stale() })
			must(t, watch.Close())
		},
	}
}

func announcement(t *testing.T, client *quoin.Client) story {
	announced := value[*quoin.Announcement](t)(client.Config.Announce(&configv1.AnnounceRequest{Service: "shop", Address: "10.0.0.1:80"}))
	must(t, announced.Ready(limited(t)))
	watch := client.Config.WatchService("shop")
	must(t, watch.Ready(limited(t)))
	return story{end: func(t *testing.T) {
		eventually(t, "it is known again", func() bool { return !watch.Stale() && len(watch.Serving()) == 1 })
		must(t, announced.Err())
		must(t, announced.Close())
		eventually(t, "it is gone", func() bool { return len(watch.Instances()) == 0 })
	}}
}

func recorders(t *testing.T, client *quoin.Client) story {
	counts, values := client.Counters.Recorder(), client.Stats.Recorder()
	record := func() {
		for range 100 {
			must(t, counts.Increment("views"))
			must(t, values.Record("AccessTime", "/home", 2))
		}
		counts.Flush()
		values.Flush()
	}
	record()
	return story{
		meanwhile: record,
		end: func(t *testing.T) {
			record()
			must(t, counts.Close())
			must(t, values.Close())
			equal(t, "lost", counts.Lost()+values.Lost(), 0)
			equal(t, "counted", countedToday(t, client, "views"), 300)
			var recorded int64
			for _, hoursAgo := range []int32{0, 1} {
				recorded += hour(t, client, "AccessTime", "/home", hoursAgo).GetCount()
			}
			equal(t, "recorded", recorded, 300)
		},
	}
}
