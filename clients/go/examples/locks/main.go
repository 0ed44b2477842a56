// SPDX-License-Identifier: Apache-2.0

// Two workers want to write the nightly report; it must be written by one at a time.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
)

const report = "nightly-report"

func run(ctx context.Context, client *quoin.Client) error {
	first := quoin.LockOptions{Lease: 30 * time.Second, Label: "worker-1", Wait: time.Minute}
	second := quoin.LockOptions{Lease: 30 * time.Second, Label: "worker-2", Wait: time.Minute}
	next := make(chan error, 1)

	err := client.Locks.Do(ctx, report, first, func(ctx context.Context, lock *quoin.Lock) error {
		// ctx ends when worker-1 has to stop because the lock is lost.
		fmt.Println("worker-1 writes the report with fence", lock.Fence())

		var busy *quoin.BusyError
		if _, err := client.Locks.TryAcquire(ctx, report, 30*time.Second); errors.As(err, &busy) {
			fmt.Println("worker-2 sees it held by", busy.Label)
		}
		go func() {
			next <- client.Locks.Do(context.WithoutCancel(ctx), report, second,
				func(_ context.Context, lock *quoin.Lock) error {
					fmt.Println("worker-2 goes on with fence", lock.Fence())
					return nil
				})
		}()
		return nil
	})
	if err != nil {
		return err
	}
	return <-next
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
