// SPDX-License-Identifier: Apache-2.0

// Porcupine checks histories of registers for linearizability: each file named on the command
// line holds the history of one register, an operation a line. It ends with 1 when one of them
// is not linearizable.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"
)

const patience = 5 * time.Minute

// operation is what a caller did and saw. One that was never answered has no Answered: it may have
// been carried out at any time after it was called, or never.
type operation struct {
	Kind     string `json:"kind"`
	Called   int64  `json:"called"`
	Answered *int64 `json:"answered"`
	Expected int64  `json:"expected"`
	Value    int64  `json:"value"`
}

// register begins as 0 and holds what was written last.
var register = porcupine.Model{
	Init: func() any { return int64(0) },
	Step: func(state, input, _ any) (bool, any) {
		now := state.(int64)
		switch op := input.(operation); op.Kind {
		case "READ":
			return now == op.Value, now
		case "WRITE":
			return true, op.Value
		default:
			if now != op.Expected {
				// Nobody saw that it changed nothing: possible when there was no answer.
				return op.Answered == nil, now
			}
			return true, op.Value
		}
	},
	DescribeOperation: func(input, _ any) string {
		op := input.(operation)
		return fmt.Sprintf("%s %d (expected %d)", op.Kind, op.Value, op.Expected)
	},
}

func main() {
	failed := false
	for _, file := range os.Args[1:] {
		history, err := read(file)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		result, info := porcupine.CheckOperationsVerbose(register, history, patience)
		fmt.Printf("%s: %d operations: %s\n", file, len(history), result)
		if result != porcupine.Ok {
			failed = true
			picture := file + ".html"
			if err := porcupine.VisualizePath(register, info, picture); err == nil {
				fmt.Printf("%s: shown in %s\n", file, picture)
			}
		}
	}
	if failed {
		os.Exit(1)
	}
}

// read takes an operation that was never answered as one that lasted longer than all others: one
// that was not carried out comes last, where nobody sees it.
func read(file string) ([]porcupine.Operation, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var all []operation
	last := int64(0)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var op operation
		if err := json.Unmarshal(lines.Bytes(), &op); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		all = append(all, op)
		last = max(last, op.Called)
		if op.Answered != nil {
			last = max(last, *op.Answered)
		}
	}
	history := make([]porcupine.Operation, 0, len(all))
	for client, op := range all {
		end := last + 1
		if op.Answered != nil {
			end = *op.Answered
		}
		history = append(history, porcupine.Operation{ClientId: client, Input: op, Call: op.Called, Return: end})
	}
	return history, lines.Err()
}
