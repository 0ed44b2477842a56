// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"math"
	"net"
	"testing"

	quoin "github.com/quoin-dev/quoin/clients/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
)

func TestValuesAndTimesAreRecorded(t *testing.T) {
	client := client(t)
	recorder := client.Stats.Recorder()
	must(t, recorder.Record("BasketSize", "web", 7))
	stop := recorder.Time("AccessTime", "/search")
	stop()
	stop()
	equal(t, "no number", errors.Is(recorder.Record("a", "b", math.NaN()), quoin.ErrInvalidRequest), true)
	equal(t, "no kind", errors.Is(recorder.Record("", "b", 1), quoin.ErrInvalidRequest), true)
	must(t, recorder.Close())

	equal(t, "mean", figures(t, client, "BasketSize", "web").GetMean(), 7)
	equal(t, "times", figures(t, client, "AccessTime", "/search").GetCount(), 1)
	equal(t, "lost", recorder.Lost(), 0)
}

func TestCallsAreTimedOnBothSides(t *testing.T) {
	client := client(t)
	recorder := client.Stats.Recorder()
	server := grpc.NewServer(
		grpc.UnaryInterceptor(recorder.UnaryServerInterceptor()),
		grpc.StreamInterceptor(recorder.StreamServerInterceptor()))
	healthv1.RegisterHealthServer(server, health.NewServer())
	listener := value[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	go server.Serve(listener)
	conn := value[*grpc.ClientConn](t)(grpc.NewClient(listener.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithUnaryInterceptor(recorder.UnaryClientInterceptor()),
		grpc.WithStreamInterceptor(recorder.StreamClientInterceptor())))
	defer conn.Close()
	stub := healthv1.NewHealthClient(conn)

	value[*healthv1.HealthCheckResponse](t)(stub.Check(limited(t), &healthv1.HealthCheckRequest{}))
	if _, err := stub.Check(limited(t), &healthv1.HealthCheckRequest{Service: "none"}); err == nil {
		t.Error("a service that does not exist is healthy")
	}
	watched, cancel := context.WithCancel(limited(t))
	stream, err := stub.Watch(watched, &healthv1.HealthCheckRequest{})
	must(t, err)
	value[*healthv1.HealthCheckResponse](t)(stream.Recv())
	cancel() // and read no more
	server.GracefulStop()
	must(t, recorder.Close())

	const method = "grpc.health.v1.Health/"
	for _, context := range []string{"Check OK", "Check NOT_FOUND", "Watch CANCELLED"} {
		for _, kind := range []string{"rpc.client", "rpc.server"} {
			equal(t, kind+" "+context, figures(t, client, kind, method+context).GetCount(), 1)
		}
	}
}
