There is no folder or file '/work/wt/faults/tmp/pth/loop'.
