package main

import "github.com/tracerec/tracerec/recorder"

// dispatch does the work of the helper processes that tracerec starts of
// itself; in them it does not return.
func dispatch() { recorder.Dispatch() }
