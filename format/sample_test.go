package format

import (
	"fmt"
	"math/rand/v2"
)

// sampleBatch fills b with rows that look like a busy host's: mostly path
// and fd syscalls of a few processes, some witnesses.
func sampleBatch(b *Batch, rows int, rng *rand.Rand, now *int64) {
	b.Reset()
	for range rows {
		i := b.Append()
		*now += 300 + rng.Int64N(2500)
		p := rng.IntN(24)
		b.I64[ColTime][i] = *now
		b.U16[ColEvent][i] = uint16(EventSyscall)
		b.U16[ColCPU][i] = uint16(rng.IntN(2))
		b.U32[ColTID][i] = uint32(4000 + p)
		b.U32[ColTGID][i] = uint32(4000 + p/2)
		b.U32[ColPPID][i] = 3999
		b.U32[ColUID][i], b.U32[ColGID][i] = 1000, 1000
		b.SetBytes(ColComm, i, []byte([]string{"cc1", "as", "find", "cat"}[p%4]))
		b.U64[ColStart][i] = uint64(1e12 + p*7919)
		b.U64[ColCall][i] = uint64(*now / 20000)
		b.U32[ColPIDNS][i], b.U32[ColMntNS][i] = 4026531836, 4026531841
		b.U64[ColCgroup][i] = 8123
		b.U8[ColABI][i] = uint8(ABIAMD64)
		b.I64[ColDuration][i] = 200 + rng.Int64N(3000)
		if rng.IntN(10) < 3 {
			b.I32[ColNR][i] = 257
			b.U64[ColArg0][i] = 0xFFFFFFFFFFFFFF9C
			b.U64[ColArg1][i] = 0x7FFD00000000 + uint64(rng.IntN(1<<16))*16
			b.U64[ColArg2][i] = 0x80000
			b.I64[ColRet][i] = int64(3 + rng.IntN(4))
			if rng.IntN(3) == 0 {
				b.I64[ColRet][i] = -2
			}
			path := fmt.Appendf(nil, "/usr/include/x86_64-linux-gnu/%d/bits/types-%d.h", p, rng.IntN(4000))
			b.SetBytes(ColAEnter, i, path)
			b.U8[ColAEnterStatus][i], b.U8[ColAKernelStatus][i] = uint8(ViewOK), uint8(ViewSame)
			b.U8[ColAExitStatus][i] = uint8(ViewSame)
			b.U8[ColARungs][i] = uint8(RungLSM | RungPutname)
			b.U8[ColACopies][i] = 2
			b.U32[ColDev][i] = 8<<20 | 1
			b.U64[ColIno][i] = uint64(1<<20 + rng.IntN(4000))
			b.SetBytes(ColPath, i, path)
			continue
		}
		b.I32[ColNR][i] = int32([]int{0, 1, 3, 5, 9, 11}[rng.IntN(6)])
		b.U64[ColArg0][i] = uint64(rng.IntN(8))
		b.U64[ColArg1][i] = 0x7F0000000000 + uint64(rng.IntN(1<<10))*4096
		b.U64[ColArg2][i] = uint64(rng.IntN(64)) * 512
		b.I64[ColRet][i] = int64(rng.IntN(64)) * 512
	}
}

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

func sampleHeader() *Header {
	return &Header{
		Host: "host", BootID: "b", Machine: "x86_64", Kernel: "6.1.0", Clock: Clock{1, 2},
		Args: []string{"record", "-o", "x.trc"}, Scope: Scope{Kind: "host"},
	}
}
