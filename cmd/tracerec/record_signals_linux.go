package main

import (
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/tracerec/tracerec/recorder"
)

// takeSignals turns signals into requests: SIGHUP begins the next file, SIGUSR1
// prints statistics. A SIGHUP because the terminal is gone ends the recording,
// by end. The function that it returns gives the signals back.
func takeSignals(opt *recorder.Options, end func()) (giveBack func()) {
	hadTerminal := terminal()
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, syscall.SIGUSR1, syscall.SIGUSR2)
	if !signal.Ignored(syscall.SIGHUP) { // by nohup(1): the command is to ignore it too
		signal.Notify(signals, syscall.SIGHUP)
	}
	requests := make(chan recorder.Request)
	opt.Requests = requests
	quit := make(chan struct{})
	go func() {
		for {
			var r recorder.Request
			select {
			case <-quit:
				return
			case s := <-signals:
				switch {
				case s == syscall.SIGUSR2:
					r = recorder.RequestSnapshot
				case s == syscall.SIGUSR1:
					r = recorder.RequestStatistics
				case hadTerminal && !terminal():
					end()
					continue
				default:
					r = recorder.RequestRotate
				}
			}
			select {
			case requests <- r:
			case <-quit:
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(quit)
	}
}

// terminal says whether the process has a controlling terminal, if it may not
// use it: once privileges are given up.
func terminal() bool {
	f, err := os.OpenFile("/dev/tty", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err == nil {
		f.Close()
	}
	return err == nil || errors.Is(err, fs.ErrPermission)
}
