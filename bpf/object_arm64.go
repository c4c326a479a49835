package bpf

import _ "embed"

//go:embed tracerec_arm64.bpf.o
var object []byte
