// Package bpf holds the BPF programs, in C under c/, as compiled objects.
//
// It imports cilium/ebpf only. It knows neither rows nor files, and does not
// decide what is attached: that is package recorder. The objects are made
// from c/ by "make generate" and committed, so that building tracerec needs
// no clang.
package bpf
