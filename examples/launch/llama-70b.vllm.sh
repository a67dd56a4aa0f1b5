#!/bin/bash
# Two engines of four GPUs each behind one front.
MODEL=${MODEL:-meta-llama/Llama-3.1-70B-Instruct}
TP=4
vllm serve "$MODEL" --host 0.0.0.0 --port 8000 \
  -tp $TP --data-parallel-size 2 \
  --max-num-seqs 256 --max-num-batched-tokens 8192 --max-model-len 32k \
  --kv-cache-dtype fp8 --gpu-memory-utilization 0.92
