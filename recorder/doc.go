// Package recorder turns what the kernel does into rows: it plans which hooks
// to use, attaches them, proves in a self-test that they fire, drains the ring
// buffers, joins the views of each call and writes the trace.
//
// It is the only package that needs Linux, and it knows nothing of verdicts.
package recorder
