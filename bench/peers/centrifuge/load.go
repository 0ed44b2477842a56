// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/centrifugal/centrifuge-go"
)

const publishers = 4

// The text that chat messages of the benchmark have after their number.
var body = " " + strings.Repeat("a message of a hundred bytes, more or less ", 2)

// Whether everything is measured, so that connections may end.
var isOver atomic.Bool

// A slot is one publication in flight.
type slot struct {
	missing atomic.Int64
	done    chan struct{}
}

// load starts a server, lets so many publications be on their way to all subscribers, and prints what it measured.
func load(redisPort string, subscribers, inFlight, warmUp, seconds int) {
	port, stop := startServer(redisPort)
	defer stop()
	slots := make([]slot, inFlight)
	for i := range slots {
		slots[i].done = make(chan struct{}, 1)
	}
	url := "ws://127.0.0.1:" + port + "/connection/websocket"
	var subscribed sync.WaitGroup
	for range subscribers {
		subscribed.Add(1)
		subscribe(url, channel, centrifuge.SubscriptionConfig{}, &subscribed, func(data []byte) {
			number, _, _ := strings.Cut(string(data), " ")
			n, err := strconv.Atoi(number)
			check(err)
			s := &slots[n%inFlight]
			if s.missing.Add(-1) == 0 {
				s.done <- struct{}{}
			}
		})
	}
	subscribed.Wait()
	var clients [publishers]*centrifuge.Client
	for i := range clients {
		clients[i] = connect(url)
	}

	begin := time.Now().Add(time.Duration(warmUp) * time.Second)
	end := begin.Add(time.Duration(seconds) * time.Second)
	latencies := make([][]time.Duration, inFlight)
	var workers sync.WaitGroup
	for i := range slots {
		workers.Add(1)
		go func() {
			defer workers.Done()
			latencies[i] = work(clients[i%publishers], &slots[i], i, inFlight, subscribers, begin, end)
		}()
	}
	time.Sleep(time.Until(begin))
	before := cpuTimes(port, redisPort)
	time.Sleep(time.Until(end))
	after := cpuTimes(port, redisPort)
	workers.Wait()
	isOver.Store(true)
	report(slices.Concat(latencies...), subscribers, float64(seconds), before, after)
}

// work publishes the next when all subscribers have received the one before.
func work(client *centrifuge.Client, s *slot, first, step, subscribers int, begin, end time.Time) []time.Duration {
	var latencies []time.Duration
	for n := first; ; n += step {
		s.missing.Store(int64(subscribers))
		started := time.Now()
		_, err := client.Publish(context.Background(), channel, []byte(strconv.Itoa(n)+body))
		check(err)
		<-s.done
		now := time.Now()
		if !now.Before(end) {
			return latencies
		}
		if !now.Before(begin) {
			latencies = append(latencies, now.Sub(started))
		}
	}
}

func connect(url string) *centrifuge.Client {
	client := centrifuge.NewProtobufClient(url, centrifuge.Config{})
	var isConnected atomic.Bool
	client.OnConnected(func(centrifuge.ConnectedEvent) { isConnected.Store(true) })
	client.OnConnecting(func(event centrifuge.ConnectingEvent) {
		if isConnected.Load() {
			lost("connection", event.Reason)
		}
	})
	check(client.Connect())
	return client
}

func subscribe(url, channel string, config centrifuge.SubscriptionConfig, subscribed *sync.WaitGroup, received func(data []byte)) {
	subscription, err := connect(url).NewSubscription(channel, config)
	check(err)
	// It may subscribe again when it was too slow; what it missed meanwhile is recovered.
	first := sync.OnceFunc(subscribed.Done)
	subscription.OnSubscribed(func(centrifuge.SubscribedEvent) { first() })
	subscription.OnUnsubscribed(func(event centrifuge.UnsubscribedEvent) {
		lost("subscription", event.Reason)
	})
	subscription.OnPublication(func(event centrifuge.PublicationEvent) { received(event.Data) })
	check(subscription.Subscribe())
}

func lost(what, reason string) {
	if !isOver.Load() {
		log.Fatal("a ", what, " was lost: ", reason)
	}
}

// startServer runs this program as a server, a process of its own, and returns its port.
func startServer(broker string) (port string, stop func()) {
	program, err := os.Executable()
	check(err)
	server := exec.Command(program, "serve", broker)
	server.Stderr = os.Stderr
	input, err := server.StdinPipe()
	check(err)
	output, err := server.StdoutPipe()
	check(err)
	check(server.Start())
	line, err := bufio.NewReader(output).ReadString('\n')
	check(err)
	return strings.TrimSpace(line), func() {
		input.Close()
		check(server.Wait())
	}
}

// cpu is seconds of user and system time.
type cpu struct{ server, redis, client float64 }

func cpuTimes(port, redisPort string) cpu {
	answer, err := http.Get("http://127.0.0.1:" + port + "/cpu")
	check(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	check(err)
	server, err := strconv.ParseFloat(string(text), 64)
	check(err)
	return cpu{server: server, redis: redisCPU(redisPort), client: cpuSeconds()}
}

var usedCPU = regexp.MustCompile(`(?m)^used_cpu_(?:sys|user):([0-9.]+)`)

func redisCPU(port string) float64 {
	connection, err := net.Dial("tcp", "127.0.0.1:"+port)
	check(err)
	defer connection.Close()
	_, err = io.WriteString(connection, "INFO cpu\r\nQUIT\r\n")
	check(err)
	text, err := io.ReadAll(connection)
	check(err)
	sum := 0.0
	for _, match := range usedCPU.FindAllSubmatch(text, -1) {
		seconds, err := strconv.ParseFloat(string(match[1]), 64)
		check(err)
		sum += seconds
	}
	return sum
}

func report(latencies []time.Duration, subscribers int, seconds float64, before, after cpu) {
	if len(latencies) == 0 {
		log.Fatal("nothing was delivered")
	}
	slices.Sort(latencies)
	micros := func(share float64) float64 {
		return float64(latencies[int(share*float64(len(latencies)))].Nanoseconds()) / 1e3
	}
	calls := float64(len(latencies))
	deliveries := calls * float64(subscribers)
	server := (after.server - before.server) * 1e6
	redis := (after.redis - before.redis) * 1e6
	client := (after.client - before.client) * 1e6
	line, err := json.Marshal(map[string]float64{
		"callsPerSecond":             calls / seconds,
		"deliveriesPerSecond":        deliveries / seconds,
		"p50Micros":                  micros(0.5),
		"p99Micros":                  micros(0.99),
		"p999Micros":                 micros(0.999),
		"serverCpuMicrosPerCall":     server / calls,
		"serverCpuMicrosPerDelivery": server / deliveries,
		"redisCpuMicrosPerCall":      redis / calls,
		"clientCpuMicrosPerCall":     client / calls,
		"totalCpuMicrosPerCall":      (server + redis + client) / calls,
	})
	check(err)
	fmt.Println(string(line))
}
