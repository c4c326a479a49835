package format

import (
	"fmt"
	"math/rand/v2"
)

// sampleProc is one process of a sample stream: it opens headers, looks at
// them, reads and closes them, as a compiler does.
type sampleProc struct {
	id, step int
	start    int64
	call     uint64
	path     []byte
	ino      uint64
	buf      uint64
}

// sampler makes rows that look like a busy host's: processes that run in
// turns, paths with a few favourites, some of them missing.
type sampler struct {
	rng   *rand.Rand
	zipf  *rand.Zipf
	now   int64
	procs [12]sampleProc
	turn  int
	left  int
}

func newSampler(seed uint64) *sampler {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := &sampler{rng: rng, zipf: rand.NewZipf(rng, 1.2, 8, 20000), now: 1e12}
	for i := range s.procs {
		s.spawn(i)
	}
	return s
}

func (s *sampler) spawn(i int) {
	s.procs[i] = sampleProc{id: 4000 + s.rng.IntN(30000), start: s.now, buf: 0x560000000000 + uint64(s.rng.IntN(1<<24))<<12}
}

// fill resets b and appends rows rows.
func (s *sampler) fill(b *Batch, rows int) {
	b.Reset()
	for range rows {
		if s.left == 0 {
			s.turn, s.left = s.rng.IntN(len(s.procs)), 1+s.rng.IntN(60)
			if s.rng.IntN(40) == 0 {
				s.spawn(s.turn)
			}
		}
		s.left--
		s.row(b, b.Append(), &s.procs[s.turn])
	}
}

func (s *sampler) row(b *Batch, i int, p *sampleProc) {
	duration := int64(180 + s.rng.ExpFloat64()*250)
	s.now += duration + int64(s.rng.ExpFloat64()*900)
	p.call++
	b.I64[ColTime][i], b.I64[ColDuration][i] = s.now, duration
	b.U16[ColEvent][i] = uint16(EventSyscall)
	b.U16[ColCPU][i] = uint16(s.turn % 2)
	b.U32[ColTID][i], b.U32[ColTGID][i], b.U32[ColPPID][i] = uint32(p.id), uint32(p.id), 3999
	b.U32[ColUID][i], b.U32[ColGID][i] = 1000, 1000
	b.SetBytes(ColComm, i, []byte([]string{"cc1", "as", "find", "cat"}[p.id%4]))
	b.U64[ColStart][i], b.U64[ColCall][i] = uint64(p.start), p.call
	b.U32[ColPIDNS][i], b.U32[ColMntNS][i], b.U64[ColCgroup][i] = 4026531836, 4026531841, 8123
	b.U8[ColABI][i] = uint8(ABIAMD64)

	set := func(nr int32, ret int64, args ...uint64) {
		b.I32[ColNR][i], b.I64[ColRet][i] = nr, ret
		for a, v := range args {
			b.U64[int(ColArg0)+a][i] = v
		}
	}
	const dirFD, fd = 0xFFFFFFFFFFFFFF9C, 4
	switch p.step {
	case 0:
		file := s.zipf.Uint64()
		p.path = fmt.Appendf(p.path[:0], "/usr/lib/gcc/x86_64-linux-gnu/12/include/d%d/file-%d.h", file%37, file)
		p.ino = 1<<20 + file
		ret := int64(fd)
		p.step = 1
		if s.rng.IntN(3) == 0 {
			ret, p.step = -2, 0
		}
		set(257, ret, dirFD, p.buf+0x200, 0x80000)
		b.SetBytes(ColAEnter, i, p.path)
		b.U8[ColAEnterStatus][i], b.U8[ColAKernelStatus][i], b.U8[ColAExitStatus][i] = uint8(ViewOK), uint8(ViewSame), uint8(ViewSame)
		b.U8[ColARungs][i], b.U8[ColACopies][i] = uint8(RungLSM|RungPutname), 2
		if ret > 0 {
			b.U32[ColDev][i], b.U64[ColIno][i] = 8<<20|1, p.ino
			b.SetBytes(ColPath, i, p.path)
		}
		return
	case 1:
		set(5, 0, fd, 0x7FFD1234A000+uint64(p.id%16)*64)
	case 2, 3:
		n := int64(p.ino%97) * 113
		if p.step == 3 {
			n = 0
		}
		set(0, n, fd, p.buf, 4096*(1+p.ino%4))
	case 4:
		set(3, 0, fd)
	}
	p.step = (p.step + 1) % 5
}

func sampleHeader() *Header {
	return &Header{
		Host: "host", BootID: "b", Machine: "x86_64", Kernel: "6.1.0", Clock: Clock{1, 2},
		Args: []string{"record", "-o", "x.trc"}, Scope: Scope{Kind: "host"},
	}
}
