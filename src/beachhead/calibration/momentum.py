from __future__ import annotations
import numpy as np
from beachhead.calibration.histories import HORIZONS, Floats, Histories

def last_value(h: Histories, horizons: int = HORIZONS) -> Floats:
    return np.repeat(h.last[:, None], horizons, axis=1)

def drift(h: Histories, years: int, horizons: int = HORIZONS) -> Floats:
    y = h.levels
    first = np.maximum(0, y.shape[1]-1-years)
    idx = np.array([np.flatnonzero(~np.isnan(r))[0] for r in y])
    start = np.maximum(idx, first)
    span = y.shape[1]-1-start
    slope = (y[:, -1]-y[np.arange(len(y)), start])/np.maximum(span,1)
    return y[:, -1:]+slope[:, None]*np.arange(1, horizons+1)

def features(h, t):
    """(rows, features) at year index t for markets with levels at t, t-3."""
    y = h.levels
    def slope(k):
        s=np.maximum(t-k,0)
        out=np.full(len(y),np.nan)
        for kk in range(min(k,t),0,-1):
            v=(y[:,t]-y[:,t-kk])/kk
            out=np.where(np.isnan(out),v,out)
        return out
    s1,s3,s5=slope(1),slope(3),slope(5)
    return y[:,t],s1,s3,s5,h.income[:,t]

def table(h, horizon, mindx=2):
    regions=sorted(set(h.regions)); R=np.array([[r==g for g in regions] for r in h.regions],float)
    rows=[];ys=[];age=[]
    T=h.levels.shape[1]
    for t in range(mindx,T-horizon):
        l,s1,s3,s5,g=features(h,t)
        target=h.actual[:,t+horizon]-h.actual[:,t]
        ok=~np.isnan(target)&~np.isnan(s1)&~np.isnan(s3)
        ok&=(~np.isnan(h.actual[:,:t+1])).sum(1)>=3
        rows.append(np.column_stack([l,s1,s3,s5,g,R])[ok]); ys.append(target[ok]); age.append(np.full(ok.sum(),T-1-t-horizon))
    now=np.column_stack([*features(h,T-1),R])
    return np.concatenate(rows) if rows else np.zeros((0,now.shape[1])),np.concatenate(ys) if ys else np.zeros(0),np.concatenate(age) if ys else np.zeros(0),now
