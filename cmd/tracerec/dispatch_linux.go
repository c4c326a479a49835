package main

import (
	"os"

	"github.com/tracerec/tracerec/recorder"
	"github.com/tracerec/tracerec/recorder/drill"
)

// dispatch does the work of the helper processes that tracerec starts of
// itself; in them it does not return.
func dispatch() {
	recorder.Dispatch()
	if code, ok := drill.Dispatch(os.Args); ok {
		os.Exit(code)
	}
}
