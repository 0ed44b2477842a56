// SPDX-License-Identifier: Apache-2.0

// A service hears where its Redis is and that it moved, and lets others find itself.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	quoin "github.com/quoin-dev/quoin/clients/go"
	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
)

func run(ctx context.Context, client *quoin.Client) error {
	at := map[string]any{"host": "10.0.0.1", "port": 6379}
	version, err := client.Config.Set(ctx, "redis", "statistics", at)
	if err != nil {
		return err
	}
	redis := client.Config.Watch("redis")
	defer redis.Close()
	if err := redis.Ready(ctx); err != nil {
		return err
	}
	host := func() any { return redis.Get("statistics").GetValue().AsMap()["host"] }
	fmt.Println("statistics are at", host())

	moved := make(chan struct{}, 10)
	redis.OnChange(func(*configv1.Configuration) { moved <- struct{}{} })
	at = map[string]any{"host": "10.0.0.2", "port": 6379}
	if _, err := client.Config.CompareAndSet(ctx, "redis", "statistics", version, at); err != nil {
		return err
	}
	<-moved
	fmt.Println("statistics moved to", host())

	me, err := client.Config.Announce("shop", "10.0.1.1:8080")
	if err != nil {
		return err
	}
	defer me.Close()
	if err := me.Ready(ctx); err != nil {
		return err
	}
	shops, err := client.Config.Resolve(ctx, "shop")
	for _, shop := range shops {
		fmt.Println("the shop is at", shop.GetAddress())
	}
	return err
}

func main() {
	client, err := quoin.Dial(strings.Join(os.Args[1:], ","))
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := run(context.Background(), client); err != nil {
		log.Fatal(err)
	}
}
