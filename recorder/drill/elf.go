//go:build linux

package drill

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
)

// writeELF writes the smallest program there is: one segment, no libraries.
// It needs nothing of the system, so the drill runs in an empty container.
func writeELF(path string, code []byte) error {
	const base, head = 0x400000, 64 + 56
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[runtime.GOARCH]
	if machine == 0 {
		return fmt.Errorf("no machine code for %s", runtime.GOARCH)
	}
	size := uint64(head + len(code))
	h := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Entry: base + head, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
	}
	p := elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X),
		Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Align: 0x1000,
	}
	var b bytes.Buffer
	binary.Write(&b, binary.LittleEndian, h)
	binary.Write(&b, binary.LittleEndian, p)
	b.Write(code)
	return os.WriteFile(path, b.Bytes(), 0o700)
}

// exitCode is exit_group(n).
func exitCode(n byte) []byte {
	if runtime.GOARCH == "arm64" {
		return words(0xd2800000|uint32(n)<<5, arm64ExitGroup, arm64SVC) // mov x0, #n
	}
	return append([]byte{0xbf, n, 0, 0, 0}, amd64ExitGroup...) // mov edi, n
}

// exitArg is exit_group(argv[1][6]): it tells which argument arrived.
func exitArg() []byte {
	if runtime.GOARCH == "arm64" {
		// ldr x0, [sp, #16]; ldrb w0, [x0, #6]
		return words(0xf9400be0, 0x39401800, arm64ExitGroup, arm64SVC)
	}
	// mov rdi, [rsp+16]; movzx edi, byte [rdi+6]
	return append([]byte{0x48, 0x8b, 0x7c, 0x24, 0x10, 0x0f, 0xb6, 0x7f, 6}, amd64ExitGroup...)
}

// exitEnv is exit_group(envp[0][6]) of a program with one argument, its name.
func exitEnv() []byte {
	if runtime.GOARCH == "arm64" {
		// ldr x0, [sp, #24]; ldrb w0, [x0, #6]
		return words(0xf9400fe0, 0x39401800, arm64ExitGroup, arm64SVC)
	}
	// mov rdi, [rsp+24]; movzx edi, byte [rdi+6]
	return append([]byte{0x48, 0x8b, 0x7c, 0x24, 0x18, 0x0f, 0xb6, 0x7f, 6}, amd64ExitGroup...)
}

const (
	arm64ExitGroup = 0xd2800bc8 // mov x8, #94
	arm64SVC       = 0xd4000001 // svc #0
)

var amd64ExitGroup = []byte{0xb8, 0xe7, 0, 0, 0, 0x0f, 0x05} // mov eax, 231; syscall

func words(w ...uint32) []byte {
	var b []byte
	for _, v := range w {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}
