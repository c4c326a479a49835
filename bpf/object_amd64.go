package bpf

import _ "embed"

//go:embed tracerec_amd64.bpf.o
var object []byte
