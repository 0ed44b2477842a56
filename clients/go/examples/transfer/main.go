// SPDX-License-Identifier: Apache-2.0

// Money moves between two accounts while nobody reads them; readers do not disturb each other.
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

func run(ctx context.Context, client *quoin.Client) error {
	accounts := []string{"account/7", "account/3"}
	reader := quoin.LockOptions{Lease: 30 * time.Second, Shared: true}
	writer := quoin.LockOptions{Lease: 30 * time.Second, Holder: "transfer"}

	for range 2 {
		lock, err := client.Locks.Acquire(ctx, "account/3", reader)
		if err != nil {
			return err
		}
		defer lock.Release(ctx)
	}
	state, err := client.Locks.Get(ctx, "account/3")
	if err != nil {
		return err
	}
	fmt.Println(state.GetReaders(), "readers look at account 3")

	move := func(context.Context, *quoin.LockSet) error {
		for lock, err := range client.Locks.List(ctx, "account/") {
			if err != nil {
				return err
			}
			fmt.Println(lock.GetName(), "is held by", lock.GetHolder())
		}
		return nil
	}
	if err := client.Locks.DoAll(ctx, accounts, writer, move); errors.Is(err, quoin.ErrBusy) {
		fmt.Println("a transfer is refused:", err)
	}
	return client.Locks.DoAll(ctx, []string{"account/7", "account/9"}, writer, move)
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
