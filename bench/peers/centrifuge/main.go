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
		serve(os.Args[2])
		return
	}
	if len(os.Args) == 9 && os.Args[1] == "filtered" {
		n := numbers(os.Args[4:])
		loadFiltered(os.Args[2], os.Args[3], n[0], n[1], n[2], n[3], n[4])
		return
	}
	if len(os.Args) != 6 {
		log.Fatalf("usage: %s PORT_OF_REDIS SUBSCRIBERS IN_FLIGHT WARM_UP_SECONDS SECONDS\n"+
			"       %s filtered PORT_OF_REDIS redis|memory SUBSCRIBERS MATCHING RATE WARM_UP_SECONDS SECONDS",
			os.Args[0], os.Args[0])
	}
	n := numbers(os.Args[2:])
	load(os.Args[1], n[0], n[1], n[2], n[3])
}

func numbers(arguments []string) []int {
	var numbers []int
	for _, argument := range arguments {
		number, err := strconv.Atoi(argument)
		check(err)
		numbers = append(numbers, number)
	}
	return numbers
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
