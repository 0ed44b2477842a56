// SPDX-License-Identifier: Apache-2.0

// Adds tasks, 100 at a time, while a worker does 100 at a time; see ../README.md.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hibiken/asynq"
)

const atOnce = 100

func main() {
	tasks, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	redis := asynq.RedisClientOpt{Addr: "127.0.0.1:" + os.Args[1], PoolSize: atOnce}
	race(redis, 5000) // until connections are there
	fmt.Printf("tasks_per_second=%f\n", race(redis, tasks))
}

func race(redis asynq.RedisClientOpt, tasks int) float64 {
	var done sync.WaitGroup
	done.Add(tasks)
	server := asynq.NewServer(redis, asynq.Config{Concurrency: atOnce, LogLevel: asynq.ErrorLevel})
	handler := asynq.HandlerFunc(func(context.Context, *asynq.Task) error {
		done.Done()
		return nil
	})
	if err := server.Start(handler); err != nil {
		log.Fatal(err)
	}
	client := asynq.NewClient(redis)
	defer client.Close()
	payload := make([]byte, 100)
	var sent atomic.Int64
	begin := time.Now()
	for i := 0; i < atOnce; i++ {
		go func() {
			for sent.Add(1) <= int64(tasks) {
				if _, err := client.Enqueue(asynq.NewTask("mail", payload)); err != nil {
					log.Fatal(err)
				}
			}
		}()
	}
	done.Wait()
	seconds := time.Since(begin).Seconds()
	server.Shutdown()
	return float64(tasks) / seconds
}
