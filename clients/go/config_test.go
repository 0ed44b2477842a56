// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"errors"
	"testing"

	quoin "github.com/quoin-dev/quoin/clients/go"
	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
)

func TestAWatchKeepsTheComponentsInMemory(t *testing.T) {
	config := client(t).Config
	setConfig(t, config, "redis", "a", map[string]any{"n": 1})
	watch := config.Watch("redis")
	must(t, watch.Ready(limited(t)))
	equal(t, "known", len(watch.All()), 1)
	equal(t, "stale", watch.Stale(), false)
	equal(t, "as of", watch.AsOf().IsZero(), false)
	changes := make(chan *configv1.Configuration, 10)
	watch.OnChange(func(change *configv1.Configuration) { changes <- change })

	setConfig(t, config, "redis", "b", map[string]any{"n": 2})
	equal(t, "change", comes(t, "the change", changes).GetComponent(), "b")
	equal(t, "n", watch.Get("b").GetValue().AsMap()["n"].(float64), 2)
	value[*configv1.DeleteResponse](t)(config.Delete(limited(t), &configv1.DeleteRequest{Type: "redis", Component: "a"}))
	equal(t, "deletion", comes(t, "the deletion", changes).GetDeletion(), true)
	equal(t, "gone", watch.Get("a"), nil)

	must(t, watch.Close())
	eventually(t, "it is stale", watch.Stale)
	equal(t, "what it knows", len(watch.All()), 1)
}

func TestAWatchOfWhatIsNoTypeIsNeverReady(t *testing.T) {
	watch := client(t).Config.Watch("")
	equal(t, "invalid", errors.Is(watch.Ready(limited(t)), quoin.ErrInvalidRequest), true)
	must(t, watch.Close())
}

func TestAnAnnouncedInstanceIsKnownUntilItIsClosed(t *testing.T) {
	config := client(t).Config
	watch := config.WatchService("shop")
	must(t, watch.Ready(limited(t)))
	first := value[*quoin.Announcement](t)(config.Announce(&configv1.AnnounceRequest{Service: "shop", Address: "10.0.0.1:80"}))
	must(t, first.Ready(limited(t)))
	instances := resolve(t, config, "shop")
	equal(t, "address", instances[0].GetAddress(), "10.0.0.1:80")
	equal(t, "name", instances[0].GetInstance(), first.Instance())
	eventually(t, "it is seen", func() bool { return len(watch.Serving()) == 1 })

	first.Drain()
	must(t, first.Ready(limited(t)))
	eventually(t, "it drains", func() bool { return len(watch.Serving()) == 0 && len(watch.Instances()) == 1 })
	must(t, first.Err())
	must(t, first.Close())
	eventually(t, "it is gone", func() bool { return len(watch.Instances()) == 0 })

	hasty := value[*quoin.Announcement](t)(config.Announce(&configv1.AnnounceRequest{Service: "shop", Address: "10.0.0.2:80"}))
	must(t, hasty.Ready(limited(t)))
	hasty.Drain()
	must(t, hasty.Close())
	eventually(t, "it is gone", func() bool {
		return len(resolve(t, config, "shop")) == 0
	})
}

func TestAnInstanceThatSomebodyElseAnnouncesIsReplaced(t *testing.T) {
	t.Parallel()
	config := client(t).Config
	plan := &configv1.AnnounceRequest{Service: "shop", Instance: "one", Address: "a:1"}
	first := value[*quoin.Announcement](t)(config.Announce(plan))
	must(t, first.Ready(limited(t)))
	second := value[*quoin.Announcement](t)(config.Announce(plan))
	must(t, second.Ready(limited(t)))
	eventually(t, "it is replaced", func() bool { return errors.Is(first.Err(), quoin.ErrReplaced) })
	must(t, second.Err())
	must(t, first.Close())
	must(t, second.Close())
}
