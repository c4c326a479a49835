// Package recorder turns what the kernel does into rows: it plans which hooks
// to use, attaches them, proves in a self-test that they fire, drains the ring
// buffers, joins the views of each call and writes the trace.
//
// With what is below it, it is all that needs Linux. It knows nothing of verdicts.
package recorder
