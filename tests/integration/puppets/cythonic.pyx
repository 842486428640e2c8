def calls_back(function, int times):
    cdef int i
    for i in range(times):
        nested(function)


cdef int nested(function) except -1:
    function()
    return 0
