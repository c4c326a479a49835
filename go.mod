module github.com/tracerec/tracerec

go 1.26
