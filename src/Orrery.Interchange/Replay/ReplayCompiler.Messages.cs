namespace Orrery.Interchange;

/// <summary>Messages of a program: each that is sent has one that receives it.</summary>
public sealed partial class ReplayCompiler
{
    private const byte SendStream = 16;
    private const byte ReceiveStream = 17;

    private void MatchMessages()
    {
        Dictionary<(int From, int To, long Tag), (List<int> Sent, List<int> Received)> channels = [];
        List<(int From, int To, long Tag)> order = [];
        for (int trace = 0; trace < _set.Traces.Length; trace++)
        {
            ChakraTrace source = _set.Traces[trace];
            foreach (int node in source.Order)
            {
                ref readonly ChakraNode it = ref source.Node(node);
                if (it.Type is not (ChakraNodeType.Send or ChakraNodeType.Receive))
                    continue;
                bool isSend = it.Type == ChakraNodeType.Send;
                int peer = isSend ? it.Destination : it.Source, own = isSend ? it.Source : it.Destination;
                if (own >= 0 && own != source.Rank && !_set.IsFolded)
                {
                    Complain(ReplayCodes.Unmatched, source.File, $"{source.Describe(node)} says it is of rank {own}");
                    continue;
                }

                if (peer >= _set.World)
                {
                    Complain(ReplayCodes.Unmatched, source.File, $"{source.Describe(node)} {(isSend ? "sends to" : "receives from")} rank {peer}; the job has {_set.World} ranks");
                    continue;
                }

                int task = _first[trace] + node;
                if (!_traceOfRank.ContainsKey(peer))
                {
                    // The other end runs as some rank that is here: the message takes its time and nobody is waited for.
                    Carry(task, isSend ? source.Rank : peer, isSend ? peer : source.Rank, isSend ? SendStream : ReceiveStream, peer);
                    continue;
                }

                (int, int, long) key = isSend ? (source.Rank, peer, it.Tag) : (peer, source.Rank, it.Tag);
                if (!channels.TryGetValue(key, out (List<int> Sent, List<int> Received) channel))
                {
                    channel = ([], []);
                    channels.Add(key, channel);
                    order.Add(key);
                }

                (isSend ? channel.Sent : channel.Received).Add(task);
            }
        }

        foreach ((int From, int To, long Tag) key in order)
            Match(key, channels[key].Sent, channels[key].Received);
    }

    private void Match((int From, int To, long Tag) key, List<int> sent, List<int> received)
    {
        int count = Math.Min(sent.Count, received.Count);
        for (int index = 0; index < count; index++)
        {
            double bytes = NodeOf(sent[index]).CommunicationBytes, expected = NodeOf(received[index]).CommunicationBytes;
            if (bytes != expected)
            {
                Complain(
                    ReplayCodes.Unmatched, FileOf(received[index]),
                    $"{Words(received[index])} receives {expected:R} bytes; {Words(sent[index])} sends {bytes:R}");
                continue;
            }

            Carry(sent[index], key.From, key.To, SendStream, key.To);
            if (NodeOf(received[index]).IsRendezvous)
            {
                Meet(sent[index], received[index]);
                continue;
            }

            _exchange[received[index]] = _exchange[sent[index]];
            _sender[received[index]] = sent[index];
            _edges.Add((sent[index], received[index]));
        }

        for (int index = count; index < sent.Count; index++)
            Complain(ReplayCodes.Unmatched, FileOf(sent[index]), $"{Words(sent[index])}: rank {key.To} receives no such message (from rank {key.From}, tag {key.Tag}, number {index + 1})");
        for (int index = count; index < received.Count; index++)
            Complain(ReplayCodes.Unmatched, FileOf(received[index]), $"{Words(received[index])}: rank {key.From} sends no such message (to rank {key.To}, tag {key.Tag}, number {index + 1})");
    }

    /// <summary>Both ends of a message begin together, as the members of a collective do.</summary>
    private void Meet(int sent, int received)
    {
        _stream[sent] = -1;
        _kind[received] = ReplayTaskKind.Communication;
        _exchange[received] = _exchange[sent];
        _duration[received] = _duration[sent];
        foreach (int task in (ReadOnlySpan<int>)[sent, received])
        {
            _joint[task] = _jointStart.Count - 1;
            _jointMembers.Add(task);
        }

        _jointStart.Add(_jointMembers.Count);
    }

    /// <summary>Gives a message its time; messages to one rank follow one another.</summary>
    private void Carry(int task, int from, int to, byte stream, int peer)
    {
        ref readonly ChakraNode it = ref NodeOf(task);
        ChakraTrace source = _set.Traces[_traceOf[task]];
        ReplayPrice price = default(ReplayPrice) with { Algorithm = "recorded", Bottleneck = "recorded" };
        long ticks = it.DurationPicos;
        if (_prices is not null && (it.DurationPicos == 0 || _fabric.Network != ReplayNetwork.Recorded))
        {
            price = _prices.Message(from, to, it.CommunicationBytes);
            ticks = Ticks(price.Time.Value * it.Exposed * it.Repeats, source, task - _first[_traceOf[task]]);
        }
        else if (ticks == 0)
        {
            Complain(ReplayCodes.NoDuration, source.File, $"{Words(task)} records no duration; --system or --network gives one");
        }

        _exchange[task] = _exchanges.Count;
        _exchanges.Add(new ReplayExchange(ChakraCollective.Unstated, $"rank {from} to {to}", it.CommunicationBytes, 2, price, ticks));
        _duration[task] = ticks;
        _ticks += ticks;
        _kind[task] = ReplayTaskKind.Communication;
        _stream[task] = StreamOf(_traceOf[task], stream, peer, $"{(stream == SendStream ? "to" : "from")} rank {peer}");
    }
}
