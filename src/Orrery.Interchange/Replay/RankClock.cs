namespace Orrery.Interchange;

/// <summary>What a rank spent its time on: computing comes before the network, the network before the host, and what is none of them is idle.</summary>
internal struct RankClock
{
    public long Compute;
    public long ExposedCommunication;
    public long HiddenCommunication;
    public long Host;

    /// <summary>End of its last task.</summary>
    public long Last;

    private long _at;
    private int _computing;
    private int _communicating;
    private int _hosting;

    /// <summary>Counts the time since the last change.</summary>
    public void Advance(long now)
    {
        long passed = now - _at;
        _at = now;
        if (_computing > 0)
        {
            Compute += passed;
            HiddenCommunication += _communicating > 0 ? passed : 0;
        }
        else if (_communicating > 0)
        {
            ExposedCommunication += passed;
        }
        else if (_hosting > 0)
        {
            Host += passed;
        }
    }

    public void Change(ReplayTaskKind kind, int by)
    {
        switch (kind)
        {
            case ReplayTaskKind.Compute:
                _computing += by;
                break;
            case ReplayTaskKind.Communication:
                _communicating += by;
                break;
            case ReplayTaskKind.Host:
                _hosting += by;
                break;
        }
    }
}
