package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestBashCompletes has bash itself run the script, as a Tab does.
func TestBashCompletes(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("bash is not installed")
	}
	// What bash-completion gives, and what bash allows within a completion only.
	const around = `
_get_comp_words_by_ref() { cur=${COMP_WORDS[COMP_CWORD]}; prev=${COMP_WORDS[COMP_CWORD-1]}; words=("${COMP_WORDS[@]}"); cword=$COMP_CWORD; }
compopt() { :; }
. <(tracerec completion bash)
try() {
	COMP_LINE="$*" COMP_WORDS=("$@") COMP_CWORD=$(($#-1)) COMP_TYPE=9 COMPREPLY=()
	COMP_POINT=${#COMP_LINE}
	__start_tracerec
	echo "$*: ${COMPREPLY[@]}"
}
try tracerec record -e opena
try tracerec record -e file,conn
try tracerec export --fields wall,pid,sysc
try tracerec analyze --format sar
try tracerec replay file.trc ls
try tracerec policy show reverse
`
	cmd := exec.Command("bash", "-c", around)
	cmd.Env = os.Environ()
	out, err := cmd.CombinedOutput()
	for _, want := range []string{
		"record -e opena: openat openat2\n", "record -e file,conn: file,connect\n",
		"export --fields wall,pid,sysc: wall,pid,syscall\n", "--format sar: sarif\n", "replay file.trc ls: lsof\n", "show reverse: reverse-shell\n",
	} {
		if !strings.Contains(string(out), want) {
			t.Errorf("%v: %q is missing in\n%s", err, want, out)
		}
	}
}
