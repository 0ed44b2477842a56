// SPDX-License-Identifier: Apache-2.0

// An account may make three calls at a time to the API of a marketplace, whoever works for it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	semaphoresv1 "github.com/quoin-dev/quoin/clients/go/semaphores/v1"
)

const api = "account/7/marketplace-api"

func run(ctx context.Context, client *quoin.Client) error {
	one := quoin.PermitOptions{Lease: 30 * time.Second, Label: "stream"}
	all := quoin.PermitOptions{Lease: 30 * time.Second, Label: "bulk", Permits: 3, Wait: time.Minute}
	three := &semaphoresv1.ConfigureRequest{Name: api, Limit: 3}
	if _, err := client.Semaphores.Configure(ctx, three); err != nil {
		return err
	}

	stream, err := client.Semaphores.Hold(ctx, api, one)
	if err != nil {
		return err
	}
	state, err := client.Semaphores.Get(ctx, &semaphoresv1.GetRequest{Name: api})
	if err != nil {
		return err
	}
	fmt.Println("in use:", state.GetInUse(), "of 3")
	err = client.Semaphores.Do(ctx, api, one, func(context.Context, *quoin.Permits) error {
		fmt.Println("one call more is fine")
		return nil
	})
	if err != nil {
		return err
	}

	go stream.Release(ctx)
	return client.Semaphores.Do(ctx, api, all, func(_ context.Context, permits *quoin.Permits) error {
		fmt.Println("bulk upload with", permits.Count(), "permits")
		return nil
	})
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
