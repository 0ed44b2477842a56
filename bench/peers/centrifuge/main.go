// SPDX-License-Identifier: Apache-2.0

// Publishes to a channel of Centrifuge with many subscribers; see ../README.md.
package main

import (
	"log"
	"os"
	"strconv"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) == 3 && os.Args[1] == "serve" {
		serve("127.0.0.1:" + os.Args[2])
		return
	}
	if len(os.Args) != 6 {
		log.Fatalf("usage: %s PORT_OF_REDIS SUBSCRIBERS IN_FLIGHT WARM_UP_SECONDS SECONDS", os.Args[0])
	}
	var numbers [4]int
	for i := range numbers {
		number, err := strconv.Atoi(os.Args[i+2])
		check(err)
		numbers[i] = number
	}
	load(os.Args[1], numbers[0], numbers[1], numbers[2], numbers[3])
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
