// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge-go"
)

const (
	patience = 60 * time.Second
	// How many publications are under way at most: where the server is slower than the rate.
	mostInFlight = 256
)

// A listener is a subscriber with a filter of its own, which matches every publication of one tag.
type listener struct {
	tag, tags int
	received  atomic.Int64
	seen      []bool
}

// A publication was due at some time, and some of those it matches have not received it.
type publication struct {
	due     time.Time
	missing atomic.Int64
	took    atomic.Int64
}

// loadFiltered starts a server, publishes at a rate, and prints what it cost to deliver each publication
// to exactly those subscribers whose filters match it: so many of all.
func loadFiltered(redisPort, broker string, subscribers, matching, rate, warmUp, seconds int) {
	serverBroker := redisPort
	if broker == "memory" {
		serverBroker = broker
	}
	port, stop := startServer(serverBroker)
	defer stop()
	total := rate * (warmUp + seconds)
	tags := subscribers / matching
	publications := make([]publication, total)
	listeners := make([]*listener, subscribers)
	url := "ws://127.0.0.1:" + port + "/connection/websocket"
	var subscribed sync.WaitGroup
	for i := range listeners {
		l := &listener{tag: i % tags, tags: tags, seen: make([]bool, total/tags+1)}
		listeners[i] = l
		subscribed.Add(1)
		subscribe(url, feedChannel, centrifuge.SubscriptionConfig{TagsFilter: filter(i, tags)}, &subscribed,
			func(data []byte) { l.receive(data, publications) })
	}
	subscribed.Wait()
	var clients [publishers]*centrifuge.Client
	for i := range clients {
		clients[i] = connect(url)
	}

	inFlight := make(chan struct{}, mostInFlight)
	begin := time.Now()
	var started, ended sample
	for n := range publications {
		if n == rate*warmUp {
			started = takeSample(port, redisPort, listeners)
		}
		p := &publications[n]
		p.missing.Store(int64(matching))
		p.due = begin.Add(time.Duration(n) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(p.due))
		inFlight <- struct{}{}
		go func() {
			defer func() { <-inFlight }()
			_, err := clients[n%publishers].Publish(context.Background(), feedChannel, text(n, n%tags))
			check(err)
		}()
	}
	ended = takeSample(port, redisPort, listeners)
	awaitAll(listeners, total)
	isOver.Store(true)
	reportFiltered(started, ended, publications[rate*warmUp:])
}

// filter of a subscriber, in two forms that match the same.
func filter(subscriber, tags int) *centrifuge.FilterNode {
	name := tagName(subscriber % tags)
	if subscriber/tags%2 == 0 {
		return centrifuge.FilterEq(tagKey, name)
	}
	return centrifuge.FilterIn(tagKey, name, "other"+strconv.Itoa(subscriber))
}

func tagName(tag int) string {
	return "tag" + strconv.Itoa(tag)
}

// text is a number, its tag, and what statuses of the benchmark have after that.
func text(n, tag int) []byte {
	return []byte(strconv.Itoa(n) + " " + tagName(tag) + body)
}

func (l *listener) receive(data []byte, publications []publication) {
	word, _, _ := strings.Cut(string(data), " ")
	n, err := strconv.Atoi(word)
	check(err)
	if n%l.tags != l.tag {
		log.Fatalf("publication %d came to a subscriber of tag %d of %d", n, l.tag, l.tags)
	}
	if l.seen[n/l.tags] {
		log.Fatalf("publication %d came twice", n)
	}
	l.seen[n/l.tags] = true
	l.received.Add(1)
	p := &publications[n]
	if p.missing.Add(-1) == 0 {
		p.took.Store(int64(time.Since(p.due)))
	}
}

// awaitAll waits until every subscriber has received all that matches its filter.
func awaitAll(listeners []*listener, total int) {
	deadline := time.Now().Add(patience)
	for i, l := range listeners {
		expected := int64((total - l.tag + l.tags - 1) / l.tags)
		for l.received.Load() != expected {
			if time.Now().After(deadline) {
				log.Fatalf("subscriber %d received %d of %d", i, l.received.Load(), expected)
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// A sample is what was used and delivered until some time.
type sample struct {
	at         time.Time
	cpu        cpu
	deliveries int64
}

func takeSample(port, redisPort string, listeners []*listener) sample {
	s := sample{cpu: cpuTimes(port, redisPort)}
	for _, l := range listeners {
		s.deliveries += l.received.Load()
	}
	s.at = time.Now()
	return s
}

func reportFiltered(started, ended sample, publications []publication) {
	latencies := make([]int64, len(publications))
	for i := range publications {
		latencies[i] = publications[i].took.Load()
	}
	slices.Sort(latencies)
	deliveries := float64(ended.deliveries - started.deliveries)
	server := ended.cpu.server - started.cpu.server
	line, err := json.Marshal(map[string]float64{
		"filteredDeliveriesPerSecond": deliveries / ended.at.Sub(started.at).Seconds(),
		"deliveriesPerServerCore":     deliveries / server,
		"serverCpuMicrosPerDelivery":  server * 1e6 / deliveries,
		"redisCpuMicrosPerDelivery":   (ended.cpu.redis - started.cpu.redis) * 1e6 / deliveries,
		"clientCpuMicrosPerDelivery":  (ended.cpu.client - started.cpu.client) * 1e6 / deliveries,
		"p50Micros":                   float64(latencies[len(latencies)/2]) / 1e3,
		"p99Micros":                   float64(latencies[len(latencies)*99/100]) / 1e3,
	})
	check(err)
	fmt.Println(string(line))
}
