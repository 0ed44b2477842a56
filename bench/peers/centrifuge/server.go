// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"syscall"
	"time"

	"github.com/centrifugal/centrifuge"
)

const (
	channel     = "room"
	feedChannel = "feed"
	tagKey      = "tag"
)

// What a chat keeps by default too, and what a feed keeps.
const (
	historySize     = 10_000
	historyTTL      = 30 * 24 * time.Hour
	feedHistorySize = 1_000_000
	feedHistoryTTL  = 15 * time.Minute
)

// serve runs a node of Centrifuge until standard input ends, with the broker in memory or, given the port of
// a Redis, the Redis broker. It prints its port.
func serve(broker string) {
	node, err := centrifuge.New(centrifuge.Config{})
	check(err)
	if broker != "memory" {
		useRedis(node, "127.0.0.1:"+broker)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) { handle(node, client) })
	check(node.Run())

	mux := http.NewServeMux()
	mux.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{}))
	mux.HandleFunc("/cpu", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, cpuSeconds()) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	go func() { check(http.Serve(listener, mux)) }()
	_, _ = io.Copy(io.Discard, os.Stdin)
}

func useRedis(node *centrifuge.Node, address string) {
	shard, err := centrifuge.NewRedisShard(node, centrifuge.RedisShardConfig{Address: address})
	check(err)
	broker, err := centrifuge.NewRedisBroker(node, centrifuge.RedisBrokerConfig{Shards: []*centrifuge.RedisShard{shard}})
	check(err)
	node.SetBroker(broker)
}

func handle(node *centrifuge.Node, client *centrifuge.Client) {
	client.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
		// With recovery no message is lost unnoticed, as in a chat and a feed.
		options := centrifuge.SubscribeOptions{EnableRecovery: true, AllowTagsFilter: true}
		done(centrifuge.SubscribeReply{Options: options}, nil)
	})
	client.OnPublish(func(event centrifuge.PublishEvent, done centrifuge.PublishCallback) {
		// Not in the goroutine that reads, so that the publications of a connection do not wait for each other.
		if event.Channel == feedChannel {
			go func() { done(publishTagged(node, event)) }()
			return
		}
		go done(centrifuge.PublishReply{
			Options: centrifuge.PublishOptions{HistorySize: historySize, HistoryTTL: historyTTL},
		}, nil)
	})
}

// publishTagged publishes what begins with a number and a tag. Clients cannot send tags, only servers can.
func publishTagged(node *centrifuge.Node, event centrifuge.PublishEvent) (centrifuge.PublishReply, error) {
	words := bytes.SplitN(event.Data, []byte(" "), 3)
	result, err := node.Publish(event.Channel, event.Data,
		centrifuge.WithHistory(feedHistorySize, feedHistoryTTL),
		centrifuge.WithTags(map[string]string{tagKey: string(words[1])}))
	return centrifuge.PublishReply{Result: &result}, err
}

// cpuSeconds is user and system time of this process.
func cpuSeconds() float64 {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
