#!/bin/bash
# Attention of other sequences on each of eight GPUs, experts shared out over all of them.
cat > options.yaml <<EOF
enable_attention_dp: true
kv_cache_config:
  dtype: fp8
  enable_block_reuse: false
EOF
trtllm-serve deepseek-ai/DeepSeek-V3 --tp_size 8 --ep_size 8 --max_batch_size 64 --max_num_tokens 2048 \
  --enable_chunked_prefill --kv_cache_free_gpu_memory_fraction 0.85 --extra_llm_api_options options.yaml
